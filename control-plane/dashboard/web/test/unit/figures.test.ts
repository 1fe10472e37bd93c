import { strict as assert } from "node:assert";
import { test } from "node:test";
import type { Figures, Histogram } from "../../src/api/figures";
import { bins, binOf, edge, merged, quantile, total } from "../../src/figures/histogram";
import { byteHitRatio, errorRatio, hitRatio, originOffload } from "../../src/figures/ratio";
import { anything, extended, mean, ratioColumn, sum, sums, times } from "../../src/figures/series";
import { latest, roundUp, stacked } from "../../src/chart/stack";
import * as fleet from "../mock/fleet";

test("a hit is whatever the origin's body was not needed for", () => {
  const f = { hits: 60, stale: 10, revalidated: 5, collapsed: 5, requests: 100 };
  assert.equal(hitRatio(f), 0.8);
  assert.equal(hitRatio({ ...f, requests: 0 }), null);
  assert.equal(hitRatio({ ...f, requests: null }), null);
  assert.equal(hitRatio({ ...f, stale: null }), null);
});

test("bytes and errors are parts of what was sent and asked", () => {
  assert.equal(byteHitRatio({ bytes_from_cache: 3, bytes_out: 4 }), 0.75);
  assert.equal(byteHitRatio({ bytes_from_cache: 0, bytes_out: 0 }), null);
  assert.equal(originOffload({ bytes_in: 1, bytes_out: 4 }), 0.75);
  assert.equal(originOffload({ bytes_in: 6, bytes_out: 4 }), -0.5); // a cache that fills
  assert.equal(errorRatio({ errors: 1, requests: 200 }), 0.005);
});

const SOME: Histogram = [[100, 90], [1_000, 9], [50_000, 1]];

test("a quantile is the upper bound of the bucket it lies in", () => {
  assert.equal(total(SOME), 100);
  for (const [q, want] of [[0, 100], [0.5, 100], [0.9, 100], [0.91, 1_000], [0.99, 1_000], [0.991, 50_000], [1, 50_000]] as const) {
    assert.equal(quantile(SOME, q), want, `q = ${q}`);
  }
  assert.equal(quantile([], 0.5), null);
  assert.deepEqual(merged([[100, 1], [300, 2]], [[200, 5], [300, 1]]), [[100, 1], [200, 5], [300, 3]]);
});

test("bins are equally wide on a logarithmic scale, and shares add up to one", () => {
  const [a, b] = bins([SOME, [[200, 4]]]);
  assert.equal(a!.first, binOf(100));
  assert.equal(a!.shares.length, b!.shares.length);
  assert.equal(a!.first + a!.shares.length - 1, binOf(50_000));
  assert.ok(Math.abs(a!.shares.reduce((x, y) => x + y, 0) - 1) < 1e-12);
  assert.equal(b!.shares[binOf(200) - b!.first], 1);
  for (const us of [1, 2, 3, 100, 1_024]) assert.ok(edge(binOf(us)) >= us - 1e-9 && edge(binOf(us) - 1) < us);
  assert.deepEqual(bins([[], []]), [{ first: 0, shares: [] }, { first: 0, shares: [] }]);
});

const POPS = fleet.places(2);
const up = (): "active" => "active";
const END = 1_764_000_000;

test("a series of one second is carried on by what is heard live", () => {
  const series = fleet.series(POPS, up, "1m", "fra", END);
  const later = [END - 1, END, END + 2].map((second) => fleet.sample(POPS, up, second)); // one is missed
  const longer = extended(series, later);
  const { requests } = longer.columns;
  assert.equal(requests.length, 60);
  assert.equal(longer.first_ms, series.first_ms + 3_000);
  assert.deepEqual(requests.slice(-3), [later[1]!.pops[0]!.requests, null, later[2]!.pops[0]!.requests]);
  assert.equal(requests[0], series.columns.requests[3]);
  assert.equal(longer.columns.origin_time_saved_ms.length, 60);
  assert.equal(extended(series, later.slice(0, 1)), series); // nothing new
  assert.equal(extended(fleet.series(POPS, up, "1h", null, END), later).step_ms, 10_000);
});

test("after a long silence the window holds only what is new", () => {
  const series = fleet.series(POPS, up, "1m", null, END);
  const longer = extended(series, [fleet.sample(POPS, up, END + 500)]);
  assert.equal(longer.columns.requests.length, 60);
  assert.deepEqual(longer.columns.requests.slice(0, 59), new Array(59).fill(null));
  assert.equal(times(longer)[59], END + 500);
});

test("sums and means leave out what was not heard", () => {
  assert.equal(sum([1, null, 2], 10_000), 30);
  assert.equal(sum([null, null], 1_000), null);
  assert.equal(mean([1, null, 3]), 2);
  assert.equal(mean([]), null);
  const series = fleet.series(POPS, up, "1m", null, END);
  assert.ok(anything(series));
  const all = sums(series);
  assert.ok(all.requests! > all.hits!);
  const column = ratioColumn(series, ["hits", "stale", "revalidated", "collapsed", "requests"], hitRatio);
  assert.ok(column.every((r) => r !== null && r > 0.8 && r < 1));
  assert.ok(!anything(fleet.series(POPS, () => "down", "1m", null, END)));
});

test("a pile with a layer missing is a gap", () => {
  assert.deepEqual(stacked([[1, 2, null], [10, null, 30], [100, 200, 300]]),
    [[1, null, null], [11, null, null], [111, null, null]]);
  assert.deepEqual(stacked([]), []);
  assert.equal(latest([1, 2, null]), 2);
  assert.equal(latest([null]), null);
  for (const [value, want] of [[0, 1], [0.3, 0.5], [1, 1], [1.1, 2], [2.2, 2.5], [7, 10], [1900, 2000]] as const) {
    assert.equal(roundUp(value), want);
  }
});

test("the mock's outcomes add up to its requests", () => {
  const f: Figures = fleet.figures(1, END, "active");
  const parts = f.hits! + f.revalidated! + f.collapsed! + f.stale! + f.misses! + f.bypassed! + f.refused! + f.errors!;
  assert.ok(Math.abs(parts - f.requests!) < 0.1);
});
