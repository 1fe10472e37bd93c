// The mock for a person with a browser: ATOLL_POPS PoPs (6), a second a second, until it is ended.

import { join } from "node:path";
import { Mock } from "./server";

async function main(): Promise<void> {
  const mock = new Mock(Number(process.env["ATOLL_POPS"] ?? 6), join(process.env["ATOLL_DASHBOARD"] ?? ".", "files"));
  console.log(await mock.listen(Number(process.env["ATOLL_PORT"] ?? 0)));
  setInterval(() => mock.tick(), 1000);
}

void main();
