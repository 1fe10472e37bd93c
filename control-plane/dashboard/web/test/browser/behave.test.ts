// What the application does: follows the stream, survives its end, purges, obeys the keyboard.

import { strict as assert } from "node:assert";
import { after, afterEach, before, beforeEach, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import type { Mock } from "../mock/server";
import { accessibilityFindings, launch, mock, open, PHONE, shoot } from "./stage";

let browser: Browser;
let server: Mock;
let url: string;
let page: Page;
let complaints: string[];
let beating: ReturnType<typeof setInterval>;

before(async () => { browser = await launch(); });
after(() => browser.close());
beforeEach(async () => {
  ({ server, url } = await mock());
  beating = setInterval(() => server.beat(), 500);
  ({ page, complaints } = await open(browser, url));
  await page.getByText("Live", { exact: true }).waitFor();
});
afterEach(async () => {
  clearInterval(beating);
  await page.context().close();
  await server.close();
});

const tile = (name: string) => page.locator(".tile").filter({ hasText: name }).locator("dd").first();
const go = (hash: string): Promise<unknown> => page.evaluate((to) => { location.hash = to; }, hash);
// Until the page says so; playwright's own waiting does not look at a changed text.
const becomes = (locator: ReturnType<Page["locator"]>, wanted: (text: string) => boolean): Promise<void> =>
  (async () => {
    for (let i = 0; i < 300; ++i) {
      if (wanted((await locator.textContent()) ?? "")) return;
      await page.waitForTimeout(100);
    }
    assert.fail(`still "${await locator.textContent()}"`);
  })();

test("figures change when the stream says so, and nothing moves", async () => {
  await page.locator(".charts .u-over").nth(3).waitFor();
  const place = () => page.locator(".chart").last().boundingBox();
  const before = await tile("Requests/s").textContent();
  const box = await place();
  for (let i = 0; i < 3; ++i) server.tick();
  await becomes(tile("Requests/s"), (text) => text !== before);
  assert.deepEqual(await place(), box);
  assert.deepEqual(complaints, []);
});

test("a PoP that goes down is shown by shape, by word and first in the list", async () => {
  const shape = () => page.locator("a.marker", { hasText: "iad" }).locator(".body").getAttribute("d");
  await page.locator(".marker.active").nth(5).waitFor({ state: "attached" });
  const round = await shape();
  server.states.set("iad", "down");
  await page.getByText("5 of 6 PoPs take requests; iad down").waitFor();
  assert.notEqual(await shape(), round);
  assert.match((await page.locator(".pop-list tbody th").first().textContent()) ?? "", /iad/);
});

test("when the control plane ends, figures are called old; when it is back, all is well", async () => {
  const port = Number(new URL(url).port);
  await server.close();
  await page.getByText("These figures are old").waitFor();
  await page.getByText("Reconnecting…").waitFor();
  assert.notEqual(await tile("Requests/s").textContent(), "–"); // the last ones stay, greyed out
  await shoot(page, "lost-dark-wide");
  assert.deepEqual(await accessibilityFindings(page), []);
  await server.listen(port);
  await page.getByText("Live", { exact: true }).waitFor();
  assert.equal(await page.getByText("These figures are old").count(), 0);
});

test("a stream that says nothing any more is noticed", async () => {
  clearInterval(beating);
  await page.getByText("The control plane has gone silent.").waitFor();
  await page.getByText("Live", { exact: true }).waitFor(); // opened again
});

test("the window is part of the address, and charts follow", async () => {
  await page.getByRole("link", { name: "1 h", exact: true }).click();
  await page.waitForURL(/#\/\?window=1h$/);
  await becomes(tile("Requests/s").locator("xpath=following-sibling::dd"), (text) => text.endsWith("in 1 h"));
  await page.reload();
  assert.equal(await page.getByRole("link", { name: "1 h", exact: true }).getAttribute("aria-current"), "true");
});

test("a purge is asked for, counted and acknowledged PoP by PoP", async () => {
  await go("#/distributions");
  server.acknowledging = false;
  await page.getByRole("textbox", { name: "URL" }).fill("http://shop.example.org/news");
  await page.getByRole("checkbox", { name: /Soft/ }).check();
  await page.keyboard.press("Enter");
  await page.getByText("3 of 6 nodes acknowledged").waitFor();
  assert.equal(await page.locator(".acks .open").count(), 3);
  assert.deepEqual(server.purges, [{ number: 1, kind: "url", value: "http://shop.example.org/news", soft: true }]);
  server.acknowledging = true;
  await page.getByText("6 of 6 nodes acknowledged, 48 objects, the last after").waitFor();
  assert.equal(await page.locator(".acks .done").count(), 6);
});

test("everything is purged only by who means it, and a refusal is a sentence", async () => {
  await go("#/distributions");
  await page.locator(".pick", { hasText: "Everything" }).click();
  await page.getByRole("button", { name: "Purge" }).click();
  await page.getByText("Say that you mean every object of every PoP.").waitFor();
  assert.equal(server.purges.length, 0);
  await page.getByRole("checkbox", { name: /I mean/ }).check();
  await page.getByRole("button", { name: "Purge" }).click();
  await page.getByText("6 of 6 nodes acknowledged").waitFor();
  assert.equal(server.purges[0]?.kind, "everything");
  await page.locator(".pick", { hasText: "URL" }).click();
  await page.getByRole("textbox", { name: "URL" }).fill("no url");
  await page.getByRole("button", { name: "Purge" }).click();
  await page.getByText("Url is an absolute http or https URL.").waitFor();
  assert.equal(server.purges.length, 1);
  assert.deepEqual(await accessibilityFindings(page), []);
});

test("a refused configuration is on every page, as text", async () => {
  server.problem = "control.toml:3:1: unknown key \"<b>surprise</b>\"";
  server.tellLayout();
  for (const hash of ["#/", "#/distributions", "#/route"]) {
    await go(hash);
    await page.getByText(server.problem).waitFor();
  }
  assert.equal(await page.locator("main b", { hasText: "surprise" }).count(), 0);
  await shoot(page, "configuration-problem-dark-wide");
  server.problem = "";
  server.tellLayout();
  await page.getByRole("alert").waitFor({ state: "detached" });
});

test("a route is explained, also when there is none", async () => {
  await page.getByRole("link", { name: "Route" }).click();
  await page.getByRole("textbox", { name: /address/ }).fill("91.0.1.1");
  await page.keyboard.press("Enter");
  await page.getByText("fra is the nearest PoP").waitFor();
  assert.match(page.url(), /#\/route\?ip=91\.0\.1\.1$/);
  assert.equal(await page.locator("tr.chosen").count(), 1);
  for (const id of ["fra", "iad", "gru", "bom", "sin", "syd"]) server.states.set(id, "down");
  await page.reload();
  await page.getByText("no PoP takes requests at the moment").waitFor();
  await page.getByRole("textbox", { name: /address/ }).fill("nonsense");
  await page.keyboard.press("Enter");
  await page.getByText("is not an IP address").waitFor();
});

test("the keyboard reaches the pages, a PoP and the colours", async () => {
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), "To the content");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "content");
  await page.locator(".pop-list tbody a").first().focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: /Frankfurt/ }).waitFor();
  const button = page.getByRole("button", { name: /Colours/ });
  const theme = () => page.evaluate(() => document.documentElement.dataset["theme"]);
  await button.focus();
  const seen = [await theme()];
  for (let i = 0; i < 3; ++i) {
    await page.keyboard.press("Enter");
    seen.push(await theme());
  }
  assert.deepEqual(seen, ["dark", "dark", "light", "dark"]); // as the system, dark, light, as the system
});

test("what the control plane refuses leaves a sentence and the page", async () => {
  server.refusing = true;
  await go("#/distributions");
  await page.getByText("The mock refuses.").waitFor();
  server.refusing = false;
  await page.getByRole("heading", { name: "shop" }).waitFor();
});

test("a PoP that is not there, and a page that is not", async () => {
  await go("#/pops/nowhere");
  await page.getByText("The configuration has no PoP").waitFor();
  await go("#/else");
  await page.getByText("There is no page").waitFor();
});

test("a crowd of PoPs can be searched, and fits a phone", async () => {
  const many = await mock(300);
  const { page: other } = await open(browser, many.url, { viewport: PHONE, colorScheme: "light" });
  await other.getByRole("searchbox", { name: "Find a PoP" }).fill("frank");
  assert.equal(await other.locator(".pop-list tbody tr").count(), 1);
  await other.context().close();
  await many.server.close();
});
