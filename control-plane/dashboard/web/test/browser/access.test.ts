// Logging in: asked for when the control plane asks for it, and then everything by role.

import { strict as assert } from "node:assert";
import { after, afterEach, before, beforeEach, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import type { Mock } from "../mock/server";
import { accessibilityFindings, assertFits, launch, mock, open, PHONE, shoot } from "./stage";

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
  for (const role of ["viewer", "operator", "admin"] as const) server.tokens.set(`secret-${role}`, role);
  beating = setInterval(() => server.beat(), 500);
  ({ page, complaints } = await open(browser, `${url}/#/distributions`));
  await page.getByRole("heading", { name: "Log in" }).waitFor();
});
afterEach(async () => {
  clearInterval(beating);
  await page.context().close();
  await server.close();
});

async function logIn(secret: string): Promise<void> {
  await page.getByLabel("Token").fill(secret);
  await page.keyboard.press("Enter");
}
const unexpected = (): string[] => complaints.filter((c) => !c.includes("401")); // the browser writes each of them down

test("who shows no token sees the login page and nothing else, and a wrong one is a sentence", async () => {
  assert.equal(await page.getByRole("navigation").count(), 0);
  assert.equal(server.listeners, 0);
  assert.equal(await page.evaluate(() => document.activeElement?.id), "token");
  await shoot(page, "login-dark-wide");
  await page.keyboard.press("Enter");
  await page.getByText("Say which token.").waitFor();
  await logIn("nonsense");
  await page.getByText("There is no such token.").waitFor();
  assert.deepEqual(await accessibilityFindings(page), []);
  assert.deepEqual(unexpected(), []);
});

test("a viewer sees everything, and why the purge form is closed to them", async () => {
  await logIn("secret-viewer");
  await page.getByText("the token “the-viewer” has the role viewer").waitFor();
  assert.equal(await page.locator(".session .who").innerText(), "the-viewer viewer");
  assert.equal(await page.getByRole("button", { name: "Purge" }).isDisabled(), true);
  assert.equal(await page.getByRole("textbox", { name: "URL" }).isDisabled(), true);
  await page.getByText("Live", { exact: true }).waitFor();
  await shoot(page, "viewer-dark-wide");
  assert.deepEqual(await accessibilityFindings(page), []);
  await page.reload(); // the cookie holds
  await page.getByText("Live", { exact: true }).waitFor();
  assert.deepEqual(unexpected(), []);
});

test("an operator purges, logs out, and is out", async () => {
  await logIn("secret-operator");
  await page.getByRole("textbox", { name: "URL" }).fill("http://shop.example.org/news");
  await page.keyboard.press("Enter");
  await page.getByText("6 of 6 nodes acknowledged").waitFor();
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByRole("heading", { name: "Log in" }).waitFor();
  assert.equal(await page.getByText("The session has ended").count(), 0); // it was meant
  await page.reload();
  await page.getByRole("heading", { name: "Log in" }).waitFor();
  assert.deepEqual(unexpected(), []);
});

test("a session ends when its token is deleted", async () => {
  await logIn("secret-admin");
  await page.getByText("Live", { exact: true }).waitFor();
  server.forget("secret-admin");
  await page.getByText("The session has ended").waitFor();
  await shoot(page, "session-ended-dark-wide");
  assert.deepEqual(await accessibilityFindings(page), []);
});

test("on a phone there is room for it too", async () => {
  const { page: phone } = await open(browser, url, { viewport: PHONE, colorScheme: "light" });
  await phone.getByRole("heading", { name: "Log in" }).waitFor();
  await shoot(phone, "login-light-phone");
  await assertFits(phone);
  assert.deepEqual(await accessibilityFindings(phone), []);
  await phone.getByLabel("Token").fill("secret-operator");
  await phone.keyboard.press("Enter");
  await phone.locator(".map .land").waitFor({ state: "attached" });
  await shoot(phone, "operator-light-phone");
  assert.equal(await phone.locator(".session .who").innerText(), "the-operator operator");
  await assertFits(phone);
  await phone.context().close();
});

test("while the control plane is away nobody is asked for a token", async () => {
  const other = await mock();
  other.server.refusing = true;
  const { page: waiting } = await open(browser, other.url);
  await waiting.getByText("The mock refuses. Trying again.").waitFor();
  other.server.refusing = false;
  await waiting.getByText("All 6 PoPs take requests").waitFor();
  assert.equal(await waiting.locator(".session").count(), 0); // open to all: nobody is logged in, nobody logs out
  await waiting.context().close();
  await other.server.close();
});
