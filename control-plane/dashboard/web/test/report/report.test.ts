// The lab's page as a file in a folder: every shape of a report is drawn, fits, and asks for nothing.

import { strict as assert } from "node:assert";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { accessibilityFindings, assertFits, DESK, launch, open, PHONE, shoot } from "../browser/stage";
import * as sample from "./sample";

const FOLDER = process.env["ATOLL_DASHBOARD"] ?? "";
const PAGE = readFileSync(join(FOLDER, "page.html"), "utf8");
let browser: Browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

// As deploy/lab/page/page.cc does it.
function written(name: string, data: unknown): string {
  const json = typeof data === "string" ? data : JSON.stringify(data);
  const path = join(FOLDER, "reports", `${name}.html`);
  mkdirSync(join(FOLDER, "reports"), { recursive: true });
  writeFileSync(path, PAGE.replace("{data}</script>", () => `${json.replaceAll("<", "\\u003c")}</script>`));
  return pathToFileURL(path).href;
}

interface Looked {
  readonly page: Page;
  readonly complaints: string[];
  readonly asked: string[]; // addresses other than the file
}

async function look(url: string, options: BrowserContextOptions = {}): Promise<Looked> {
  const { page, complaints } = await open(browser, "about:blank", options);
  const asked: string[] = [];
  page.on("request", (request) => { if (!request.url().startsWith("data:")) asked.push(request.url()); });
  await page.goto(url);
  return { page, complaints, asked: asked };
}

async function sound({ page, complaints, asked }: Looked, url: string): Promise<void> {
  await assertFits(page);
  assert.deepEqual(await accessibilityFindings(page), []);
  assert.deepEqual(complaints, []);
  assert.deepEqual(asked, [url.replace(/#.*/, "")]);
}

const section = (page: Page, id: string) => page.locator(`#${id}`);
const charts = (page: Page, number: number): Promise<void> => page.locator(".u-over").nth(number - 1).waitFor();

const SHAPES = [
  ["with-and-without", sample.withAndWithout(), 5, ["summary", "regions", "curves", "world", "timeline", "pops", "notes"]],
  ["sweep", sample.swept(), 7, ["summary", "regions", "curves", "world", "timeline", "sweep", "pops", "notes"]],
  ["single", sample.single(), 1, ["summary", "regions", "curves", "world", "pops", "links"]],
  ["crowd", sample.crowd(), 5, ["summary", "regions", "curves", "world", "timeline", "pops", "notes"]],
  ["silent", sample.silent(), 4, ["summary", "regions", "curves", "world", "timeline"]],
] as const;
const LOOKS = [["dark", "wide", DESK], ["light", "phone", PHONE]] as const;

for (const [name, report, number, parts] of SHAPES) {
  for (const [colorScheme, width, viewport] of LOOKS) {
    test(`${name} is right in ${colorScheme}, ${width}`, async () => {
      const url = written(name, report);
      const looked = await look(url, { colorScheme, viewport });
      const { page } = looked;
      await page.getByRole("heading", { level: 1, name: report.scenario.title }).waitFor();
      await charts(page, number);
      await page.locator(".map .land").waitFor({ state: "attached" });
      assert.deepEqual(await page.locator("main .part").evaluateAll((all) => all.map((e) => e.id)), [...parts]);
      await shoot(page, `report-${name}-${colorScheme}-${width}`);
      await sound(looked, url);
      await page.context().close();
    });
  }
}

test("figures stand beside those of the run that they are held against", async () => {
  const { page } = await look(written("with-and-without", sample.withAndWithout()));
  const tile = (name: string) => section(page, "summary").locator(".tile", { hasText: name }).locator("dd");
  assert.match(await tile("TTFB p50").nth(0).innerText(), /^17.ms$/);
  assert.match(await tile("TTFB p50").nth(1).innerText(), /^142.ms · −88\.0.%$/);
  assert.match(await tile("Byte hit ratio").nth(1).innerText(), /^0\.0.% · \+87\.4 points$/);
  // The slowest region first, each with both runs and a bar.
  const first = section(page, "regions").locator("tbody").first();
  assert.match(await first.innerText(), /Sydney[\s\S]*Without the CDN[\s\S]*With the CDN[\s\S]*−\d/);
  assert.equal(await first.locator("svg.bar rect").count(), 6);
  assert.equal(await section(page, "world").locator(".flow").count(), 39);
  assert.equal(await section(page, "timeline").locator(".events li").count(), 4);
  await page.context().close();
});

test("the runs that are shown are chosen, are part of the address, and may be one alone", async () => {
  const { page } = await look(written("with-and-without", sample.withAndWithout()));
  await page.locator("label", { hasText: /^Shown/ }).locator("select").selectOption("without-cdn");
  await page.waitForURL(/#run=without-cdn$/);
  await section(page, "world").getByText("clients ask the origin itself").waitFor();
  assert.equal(await section(page, "pops").count(), 0);
  await page.getByLabel("compared with").selectOption("with-cdn");
  assert.match(await section(page, "summary").locator(".tile", { hasText: "TTFB p50" }).innerText(), /17.ms · \+735\.3.%/);
  await page.getByLabel("compared with").selectOption("");
  assert.equal(await section(page, "regions").locator("td.run").count(), 0);
  await page.reload();
  assert.equal(await page.locator("label", { hasText: /^Shown/ }).locator("select").inputValue(), "without-cdn");
  assert.equal(await page.getByLabel("compared with").inputValue(), "");
  await page.context().close();
});

test("the distribution is drawn for one region, and for the regions of a run", async () => {
  const { page } = await look(written("with-and-without", sample.withAndWithout()));
  const labels = () => section(page, "curves").locator(".legend li").allInnerTexts();
  assert.equal((await labels()).length, 2);
  const lines = section(page, "curves").getByLabel("Lines");
  await lines.selectOption("regions");
  assert.equal((await labels()).length, 7);
  await section(page, "curves").getByText("6 more regions").waitFor();
  await lines.selectOption("ap-southeast-2");
  assert.match((await labels()).join(), /With the CDN p50 .* p95/);
  await section(page, "curves").locator(".u-over").hover();
  assert.match(await section(page, "curves").locator(".at").innerText(), /^up to .*s$/);
  await page.context().close();
});

test("a table is sorted by its heads and searched", async () => {
  const { page } = await look(written("crowd", sample.crowd()));
  const table = section(page, "pops");
  const first = () => table.locator("tbody th").first().innerText();
  assert.equal(await table.locator("tbody tr").count(), 300);
  await table.getByRole("button", { name: "Evictions" }).click();
  assert.match(await first(), /^p299/);
  await table.getByRole("searchbox").fill("frank");
  assert.equal(await table.locator("tbody tr").count(), 1);
  assert.match(await first(), /^fra/);
  await page.context().close();
});

test("a broken promise of the relay is said, and stands first", async () => {
  const { page } = await look(written("single", sample.single()));
  await section(page, "links").getByText("2 of 4 links are not as asked for").waitFor();
  assert.match(await section(page, "links").locator("tbody tr").first().innerText(), /eu-west-1\s+fra\s+25.ms\s+28\.2.ms\s+\+3\.2.ms[\s\S]*no/);
  await page.context().close();
});

test("one line for each policy is drawn against the size of the cache", async () => {
  const { page } = await look(written("sweep", sample.swept()));
  const sweep = section(page, "sweep");
  assert.deepEqual((await sweep.locator("thead th").allInnerTexts()).map((t) => t.trim()), ["Cache per PoP", "lru", "cq"]);
  assert.match(await sweep.locator("tbody tr").last().innerText(), /1.GiB\s+90\.0.%\s+95\.0.%/);
  await page.context().close();
});

for (const [colorScheme, width, viewport] of LOOKS) {
  test(`two reports are compared in ${colorScheme}, ${width}`, async () => {
    const url = written("compare", sample.comparison());
    const looked = await look(url, { colorScheme, viewport });
    const { page } = looked;
    await page.getByRole("heading", { level: 1, name: "before and after compared" }).waitFor();
    const rows = section(page, "p95_ms").locator("tbody tr");
    assert.match(await rows.first().innerText(), /all regions together\s+140.ms\s+120.ms\s+−20.ms\s+−29.ms … −11.ms\s+better/);
    assert.equal(await rows.locator(".verdict.same").count() > 0, true);
    assert.match(await section(page, "hit_ratio").locator("tbody tr").first().innerText(), /\+3\.0 points/);
    await shoot(page, `report-compare-${colorScheme}-${width}`);
    await sound(looked, url);
    await page.context().close();
  });
}

test("the keyboard leads to the parts, the runs and the colours", async () => {
  const { page } = await look(written("with-and-without", sample.withAndWithout()));
  await page.getByRole("link", { name: "Timeline" }).focus();
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.activeElement?.id === "timeline");
  await page.getByRole("button", { name: /Colours/ }).focus();
  const theme = () => page.evaluate(() => document.documentElement.dataset["theme"]);
  const seen = [await theme()];
  for (let i = 0; i < 3; ++i) {
    await page.keyboard.press("Enter");
    seen.push(await theme());
  }
  assert.deepEqual(seen, ["dark", "dark", "light", "dark"]);
  await page.context().close();
});

test("what is no report leaves a sentence", async () => {
  for (const [data, sentence] of [
    ["{", "is not JSON"], ["[]", "is not a report"], ['{"schema":2}', "it carries one of schema 2"],
    ['{"schema":1,"scenario":{},"runs":[]}', "has no run"], ['{"schema":1,"scenario":{},"regions":[],"pops":[],"runs":[{"id":"a"}]}', "“a” has no “parameters”"],
    ['{"schema":1,"scenario":{},"regions":[{}],"pops":[],"runs":[{"id":"a","parameters":{},"total":{},"regions":[],"pops":[],"origin":{}}]}', "A part of it is not as it should be"],
  ] as const) {
    const { page } = await look(written("unreadable", data));
    await page.getByRole("alert").getByText(sentence).waitFor();
    await page.context().close();
  }
});
