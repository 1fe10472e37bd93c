// Every page, dark and light, wide and narrow: it fits, axe has nothing against it, the console is
// quiet. The pictures are kept for people to look at.

import { strict as assert } from "node:assert";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import type { Mock } from "../mock/server";
import { accessibilityFindings, assertFits, DESK, launch, mock, open, PHONE, shoot } from "./stage";

let browser: Browser;
let server: Mock;
let url: string;
let beating: ReturnType<typeof setInterval>;

before(async () => {
  browser = await launch();
  ({ server, url } = await mock());
  server.states.set("gru", "down");
  server.states.set("syd", "not-serving");
  beating = setInterval(() => server.beat(), 500);
});
after(async () => {
  clearInterval(beating);
  await browser.close();
  await server.close();
});

const drawn = (page: Page): Promise<unknown> => Promise.all([
  page.locator(".charts .u-over").nth(3).waitFor(), page.locator(".map .land").first().waitFor({ state: "attached" })]);

const PAGES: readonly (readonly [string, string, (page: Page) => Promise<unknown>])[] = [
  ["overview", "#/", drawn],
  ["pop", "#/pops/fra?window=1h", async (page) => {
    await page.locator(".charts .u-over").nth(4).waitFor();
    await page.locator("table tbody tr").first().waitFor();
  }],
  ["pop-not-serving", "#/pops/syd", (page) => page.locator(".notice.problem").waitFor()],
  ["distributions", "#/distributions", async (page) => {
    await page.getByRole("radio", { name: "Prefix" }).check({ force: true });
    await page.getByRole("textbox", { name: "Prefix" }).fill("http://shop.example.org/images/");
    await page.getByRole("button", { name: "Purge" }).click();
    await page.getByText("6 of 6 nodes acknowledged").waitFor();
  }],
  ["route", "#/route?ip=91.0.1.1", (page) => page.locator(".way.chosen").waitFor({ state: "attached" })],
  ["nowhere", "#/nowhere", (page) => page.getByText("There is no page").waitFor()],
];

const LOOKS = [
  ["dark", "wide", DESK], ["light", "phone", PHONE], ["light", "wide", DESK], ["dark", "phone", PHONE],
] as const;

for (const [name, hash, ready] of PAGES) {
  for (const [colorScheme, width, viewport] of name === "overview" ? LOOKS : LOOKS.slice(0, 2)) {
    test(`${name} is right in ${colorScheme}, ${width}`, async () => {
      const { page, complaints } = await open(browser, `${url}/${hash}`, { colorScheme, viewport });
      await page.getByText("Live", { exact: true }).first().waitFor({ state: "attached" });
      await ready(page);
      await shoot(page, `${name}-${colorScheme}-${width}`);
      await assertFits(page);
      assert.deepEqual(await accessibilityFindings(page), []);
      assert.deepEqual(complaints, []);
      await page.context().close();
    });
  }
}
