// A browser before a mock: what the browser tests share.

import { strict as assert } from "node:assert";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import { Mock } from "../mock/server";

const FOLDER = process.env["ATOLL_DASHBOARD"] ?? "";
export const DESK = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

export function launch(): Promise<Browser> {
  const path = execFileSync("sh", ["-c", "command -v chromium"], { encoding: "utf8" }).trim();
  return chromium.launch({ executablePath: path, args: ["--no-sandbox", "--disable-gpu", "--no-proxy-server"] });
}

export async function mock(pops = 6): Promise<{ readonly server: Mock; readonly url: string }> {
  const server = new Mock(pops, join(FOLDER, "files"));
  return { server, url: await server.listen() };
}

export interface Opened {
  readonly page: Page;
  readonly complaints: string[]; // of the page, on its console
}

export async function open(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Opened> {
  const context = await browser.newContext({
    viewport: DESK, locale: "en-GB", timezoneId: "UTC", colorScheme: "dark", reducedMotion: "reduce", ...options,
  });
  context.setDefaultTimeout(90_000); // a machine may be busy with a build
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => { if (message.type() === "error") complaints.push(message.text()); });
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(url);
  return { page, complaints };
}

// What axe finds of the kinds "serious" and "critical".
export async function accessibilityFindings(page: Page): Promise<string[]> {
  await page.evaluate(AXE); // by the debugger, so that the page's own policy is untouched
  return page.evaluate(async () => {
    interface Finding { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }
    const axe = (globalThis as unknown as { axe: { run(): Promise<{ violations: Finding[] }> } }).axe;
    const { violations } = await axe.run();
    return violations.filter((v) => v.impact === "serious" || v.impact === "critical")
      .map((v) => `${v.id}: ${v.nodes.map((n) => `${n.html} ${n.failureSummary}`).join(" | ")}`);
  });
}

// Nothing sticks out to the side.
export async function assertFits(page: Page): Promise<void> {
  const { inner, wanted } = await page.evaluate(() => ({
    inner: document.documentElement.clientWidth, wanted: document.documentElement.scrollWidth,
  }));
  assert.ok(wanted <= inner, `the page is ${wanted} px wide, the window ${inner}`);
}

export function shoot(page: Page, name: string): Promise<Buffer> {
  return page.screenshot({ path: join(FOLDER, "screenshots", `${name}.png`), fullPage: true, animations: "disabled" });
}
