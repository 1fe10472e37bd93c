// Before a real cluster with PoPs fra, which has traffic, and syd, which has none: ATOLL_URL. Started
// by tests/e2e/test_dashboard.py.

import { strict as assert } from "node:assert";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { launch, open, shoot } from "../browser/stage";

const url = process.env["ATOLL_URL"] ?? "";
let browser: Browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

const live = (page: Page): Promise<void> => page.getByText("Live", { exact: true }).waitFor();
const first = (page: Page, name: string): Promise<string> =>
  page.locator(".tile").filter({ hasText: name }).locator("dd").first().innerText();

test("the overview shows requests, hits and both PoPs", async () => {
  const { page, complaints } = await open(browser, url);
  await live(page);
  await page.getByText("All 2 PoPs take requests").waitFor();
  await page.waitForFunction(() => /^[1-9]/.test(document.querySelector(".tile dd")?.textContent ?? ""));
  assert.match(await first(page, "Hit ratio"), /^\d+(\.\d)?.%$/);
  assert.match(await first(page, "TTFB p95"), /s$/);
  await page.locator(".charts .u-over").nth(3).waitFor();
  await page.locator(".map .land").waitFor({ state: "attached" });
  await shoot(page, "cluster-overview");
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("a PoP's page shows its cache, its latencies and its node", async () => {
  const { page, complaints } = await open(browser, `${url}/#/pops/fra?window=1m`);
  await live(page);
  await page.getByText(/of 64.MiB/).waitFor();
  await page.locator(".histogram rect.hits").first().waitFor();
  await page.locator("table .state.active").first().waitFor();
  await shoot(page, "cluster-pop");
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("a purge from the form reaches every PoP", async () => {
  const { page, complaints } = await open(browser, `${url}/#/distributions`);
  await page.getByRole("heading", { name: "everything" }).waitFor();
  await page.locator(".pick", { hasText: "Everything" }).click();
  await page.getByRole("checkbox", { name: /I mean/ }).check();
  await page.getByRole("button", { name: "Purge" }).click();
  await page.getByText("2 of 2 nodes acknowledged").waitFor();
  await page.locator(".pick", { hasText: "URL" }).click();
  await page.getByRole("textbox", { name: "URL" }).fill("nonsense");
  await page.getByRole("button", { name: "Purge" }).click();
  await page.getByRole("alert").waitFor();
  assert.deepEqual(complaints.filter((c) => !c.includes("400")), []); // the refusal is on the console too
  await page.context().close();
});

test("a route is explained", async () => {
  const { page, complaints } = await open(browser, `${url}/#/route?ip=91.0.1.1`);
  await page.locator("tr.chosen", { hasText: "fra" }).waitFor();
  await page.locator(".way.chosen").waitFor({ state: "attached" });
  assert.deepEqual(complaints, []);
  await page.context().close();
});
