import { strict as assert } from "node:assert";
import { test } from "node:test";
import { byFigure } from "../../report/compare/comparing";
import * as figures from "../../report/data/figures";
import { readDocument } from "../../report/data/read";
import type { ComparedRow, Timeline } from "../../report/data/report";
import * as words from "../../report/data/words";
import { barsOf } from "../../report/sections/regions";
import * as sample from "../report/sample";

test("a curve is read between its points", () => {
  const curve = [[10, 0.2], [20, 0.6], [40, 1]] as const;
  for (const [ms, want] of [[9, 0], [10, 0.2], [15, 0.4], [20, 0.6], [30, 0.8], [40, 1], [99, 1]] as const) {
    assert.ok(Math.abs(figures.shareAt(curve, ms)! - want) < 1e-9, `${ms} ms`);
  }
  assert.equal(figures.shareAt([], 1), null);
});

test("a grid covers all curves and rises evenly on a logarithmic axis", () => {
  const grid = figures.commonGrid([[[1, 0], [10, 1]], [[0, 0], [1000, 1]]]);
  assert.ok(grid[0]! < 0.01 && grid.at(-1)! > 1000);
  const steps = grid.slice(1).map((x, i) => x / grid[i]!);
  assert.ok(Math.max(...steps) - Math.min(...steps) < 1e-9);
  assert.deepEqual(figures.commonGrid([[]]), []);
});

test("misses are the rest, and unknown stays unknown", () => {
  const timeline: Timeline = {
    step_s: 2, requests: [10, null, 0], hits: [6, 1, 0], stale: [1, 1, 0], errors: [1, 1, 0], origin_fetches: [], p50_ms: [], p95_ms: [],
  };
  assert.deepEqual(figures.outcomesPerSecond(timeline).misses, [1, null, 0]);
  assert.deepEqual(figures.hitRatios(timeline), [0.7, null, null]);
  assert.deepEqual(figures.alongside(timeline, { ...timeline, hits: [5] }, (t) => t.hits), [5, null, null]);
  assert.equal(figures.alongside(timeline, { ...timeline, step_s: 3 }, (t) => t.hits), null);
});

test("flows are shares of their region, the largest first", () => {
  const { runs } = sample.withAndWithout();
  const all = figures.flows(runs[1]!);
  assert.ok(all.every((flow, i) => i === 0 || all[i - 1]!.requests >= flow.requests));
  const frankfurt = all.filter((flow) => flow.region === "eu-central-1");
  assert.equal(frankfurt[0]!.pop, "fra");
  assert.ok(Math.abs(frankfurt.reduce((sum, flow) => sum + flow.share, 0) - 1) < 1e-9);
  assert.deepEqual(figures.flows(runs[0]!), []);
});

test("a sweep has a line for each set of the other parameters", () => {
  const { sweep, runs } = sample.swept();
  const lines = figures.sweepLines(sweep!, runs, words.parameterWords);
  assert.deepEqual(lines.map((line) => [line.label, line.points.length]), [["lru", 6], ["cq", 6]]);
  const one = figures.sweepLines({ ...sweep!, points: sweep!.points.slice(0, 6) }, runs, words.parameterWords);
  assert.deepEqual(one.map((line) => line.label), [""]);
});

test("a link is kept within a millisecond or two per cent, whichever is more", () => {
  for (const [asked_ms, measured_ms, want] of [
    [10, 11, true], [10, 11.1, false], [10, 8.9, false], [200, 204, true], [200, 204.1, false], [10, null, false],
  ] as const) {
    assert.equal(figures.kept({ from: "a", to: "b", asked_ms, measured_ms }), want, `${asked_ms} ${measured_ms}`);
  }
});

test("a difference is better or worse by the figure's nature, and nothing while zero is in reach", () => {
  const row = (figure: string, low: number | null, high: number | null): ComparedRow =>
    ({ region: "", figure, a: 1, b: 1, difference: 0, low, high });
  for (const [figure, low, high, want] of [
    ["p95_ms", -2, -1, "better"], ["p95_ms", 1, 2, "worse"], ["p95_ms", -1, 1, "same"], ["p95_ms", 0, 2, "same"],
    ["hit_ratio", 0.01, 0.02, "better"], ["byte_hit_ratio", -0.02, -0.01, "worse"], ["offload", 0.1, 0.2, "better"],
    ["errors", 1, 2, "worse"], ["error_ratio", -0.2, -0.1, "better"], ["origin_fetches", -9, -8, "better"],
    ["requests", 1, 2, "other"], ["p95_ms", null, null, "unknown"],
  ] as const) {
    assert.equal(figures.verdictOf(row(figure, low, high)), want, `${figure} ${low} ${high}`);
  }
});

test("compared rows are grouped by figure, all regions together first", () => {
  const groups = byFigure(sample.comparison().rows);
  assert.deepEqual(groups.map(([figure]) => figure), ["p50_ms", "p95_ms", "hit_ratio", "requests"]);
  assert.ok(groups.every(([, rows]) => rows[0]!.region === ""));
});

test("the first run is what the last one is held against, until the address says else", () => {
  const report = sample.withAndWithout();
  const ids = (query: string): (string | undefined)[] => {
    const { shown, against } = figures.chosen(report, new URLSearchParams(query));
    return [shown.id, against?.id];
  };
  assert.deepEqual(ids(""), ["with-cdn", "without-cdn"]);
  assert.deepEqual(ids("run=without-cdn"), ["without-cdn", undefined]);
  assert.deepEqual(ids("run=without-cdn&with=with-cdn"), ["without-cdn", "with-cdn"]);
  assert.deepEqual(ids("with="), ["with-cdn", undefined]);
  assert.deepEqual(ids("run=nowhere&with=nowhere"), ["with-cdn", "without-cdn"]);
  const [slowest] = barsOf(report, figures.chosen(report, new URLSearchParams()));
  assert.equal(slowest!.place.city, "Sydney");
});

test("figures have names, units and signs by what they are called", () => {
  const plain = (text: string): string => text.replaceAll("\u202f", "_");
  const { figureName: name, figureValue: value, figureDifference: difference, changeWords: change } = words;
  for (const [got, want] of [
    [name("p95_ms"), "TTFB p95"], [name("p999_ms"), "TTFB p99.9"], [name("origin_bytes"), "origin bytes"],
    [value("p95_ms", 12.3), "12.3_ms"], [value("hit_ratio", 0.5), "50.0_%"], [value("bytes", 2048), "2_KiB"], [value("requests", null), "–"],
    [difference("p95_ms", -2), "−2_ms"], [difference("p95_ms", 0), "0"], [difference("hit_ratio", 0.031), "+3.1 points"],
    [change("p95_ms", 100, 25), "−75.0_%"], [change("hit_ratio", 0.1, 0.5), "+40.0 points"], [change("p95_ms", null, 1), "–"],
    [words.parameterWords("cache_bytes", 2 ** 20), "cache 1_MiB"], [words.parameterWords("shield", true), "shield yes"],
    [words.inUnit("bytes", 1024), "1_KiB"], [words.inUnit("", 7), "7"], [words.inUnit("PoPs", 7), "7 PoPs"],
  ] as const) {
    assert.equal(plain(got), want);
  }
});

test("what may be left out of a report is put in", () => {
  const { origins, events, sweep, links, notes, ...bare } = sample.withAndWithout();
  const found = readDocument(JSON.stringify(bare));
  assert.equal(found.kind, "report");
  if (found.kind !== "report") return;
  assert.deepEqual([found.report.origins, found.report.events, found.report.sweep, found.report.links, found.report.notes], [[], [], null, null, []]);
});
