// 300 PoPs, an event a second: how much of a second the page's scripts take. The figure is printed;
// what is tested is that every event is shown and that memory is bounded.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { launch, mock, open, shoot } from "./stage";

const EVENTS = 20;

test("300 PoPs are followed without a gap", async (t) => {
  const browser = await launch();
  const { server, url } = await mock(300);
  server.states.set("p200", "down");
  server.states.set("p77", "not-serving");
  const { page, complaints } = await open(browser, url);
  await page.locator(".charts .u-over").nth(3).waitFor();
  await page.locator(".pop-list tbody tr").nth(299).waitFor({ state: "attached" });
  await shoot(page, "crowd-dark-wide");
  const debug = await page.context().newCDPSession(page);
  await debug.send("Performance.enable", { timeDomain: "threadTicks" }); // CPU time: others may be busy
  const metric = async (name: string): Promise<number> =>
    (await debug.send("Performance.getMetrics")).metrics.find((m) => m.name === name)?.value ?? NaN;
  const text = page.locator(".tile dd").first();
  const names = ["ScriptDuration", "LayoutDuration", "RecalcStyleDuration", "TaskDuration"] as const;
  const before = await Promise.all(names.map(metric));
  const nodes = await metric("Nodes");
  for (let i = 0; i < EVENTS; ++i) {
    const old = await page.evaluate(() => document.querySelector(".pop-list tbody")?.textContent);
    server.tick();
    await page.waitForFunction((was) => document.querySelector(".pop-list tbody")?.textContent !== was, old);
  }
  assert.notEqual(await text.textContent(), "–");
  const spent = (await Promise.all(names.map(metric))).map((value, i) => ((value - before[i]!) / EVENTS) * 1000);
  t.diagnostic(`per event: ${names.map((name, i) => `${name} ${spent[i]!.toFixed(1)} ms`).join(", ")}`);
  await debug.send("HeapProfiler.enable");
  await debug.send("HeapProfiler.collectGarbage");
  const more = (await metric("Nodes")) - nodes;
  assert.ok(more < 500, `${more} more nodes after ${EVENTS} events`);
  assert.deepEqual(complaints, []);
  await browser.close();
  await server.close();
});
