import { strict as assert } from "node:assert";
import { test } from "node:test";
import type { Node, Purge } from "../../src/api/answers";
import { sentenceOf } from "../../src/api/http";
import { address, parseLocation, type Location } from "../../src/location";
import { placeLabels } from "../../src/map/labels";
import { HEIGHT, project, TOP, WIDTH } from "../../src/map/projection";
import { mark, outline, radius } from "../../src/map/shapes";
import { lifetimeWords } from "../../src/pages/distributions";
import { problemsOf } from "../../src/pages/pop";
import { matches, ordered } from "../../src/parts/pop_list";
import { BLANK, progressOf, requestOf } from "../../src/purge/request";
import { INITIAL, popViews, reduce } from "../../src/live/state";
import * as answers from "../mock/answers";
import * as fleet from "../mock/fleet";

test("every place has an address that leads back to it", () => {
  const all: Location[] = [
    { page: "overview", window: "5m" }, { page: "overview", window: "24h" }, { page: "pop", pop: "fra", window: "1h" },
    { page: "pop", pop: "a/b ü?#", window: "5m" }, { page: "distributions" }, { page: "route", ip: "", host: "", path: "" },
    { page: "route", ip: "2001:db8::1", host: "a.example", path: "/x?y=1&z=#" },
  ];
  for (const location of all) assert.deepEqual(parseLocation(address(location)), location);
});

test("strange addresses are nowhere or fall back, and never an error", () => {
  assert.deepEqual(parseLocation(""), { page: "overview", window: "5m" });
  assert.deepEqual(parseLocation("#/?window=2y"), { page: "overview", window: "5m" });
  for (const hash of ["#/pops/", "#/pops/%E0%A4%A", "#/pops/a/b", "#nothing", "#//"]) {
    assert.equal(parseLocation(hash).page, "nowhere", hash);
  }
});

test("a server's sentence is shown as one; its absence too", () => {
  assert.equal(sentenceOf({ error: "soft is true or false" }, 400), "Soft is true or false.");
  assert.equal(sentenceOf({ error: "Why?" }, 400), "Why?");
  for (const body of [null, {}, { error: 7 }, { error: "" }, "x"]) {
    assert.equal(sentenceOf(body, 500), "The control plane answered 500 without saying why.");
  }
});

test("labels meet neither markers nor one another, nor the frame", () => {
  const size = { width: 60, height: 14, gap: 15 };
  const frame = { left: 0, right: 400, top: 0, bottom: 200 };
  const [right, left] = placeLabels([{ x: 100, y: 100 }, { x: 390, y: 100 }], size, frame);
  assert.deepEqual([right?.anchor, left?.anchor], ["start", "end"]);
  const crowd = Array.from({ length: 60 }, (_, i) => ({ x: 200 + (i % 8), y: 100 + (i >> 3) }));
  const placed = placeLabels(crowd, size, frame).filter((l) => l !== null);
  assert.ok(placed.length >= 1 && placed.length <= 6, `${placed.length} of a crowd`);
  assert.deepEqual(placeLabels([{ x: 5, y: 5 }], { ...size, width: 500 }, frame), [null]);
});

test("the map shows the whole inhabited world", () => {
  for (const [lon, lat] of [[-179, 0], [179, 70], [0, 89], [0, -89], [25, 78], [-70, -53]] as const) {
    const { x, y } = project(lon, lat);
    assert.ok(x >= 0 && x <= WIDTH && y >= TOP && y <= TOP + HEIGHT, `${lon} ${lat}`);
  }
});

test("states differ in shape, load shows as area", () => {
  const shapes = (["active", "not-serving", "down"] as const).map((s) => outline(s, 5));
  assert.equal(new Set(shapes).size, 3);
  assert.deepEqual([mark("active", 5), mark("not-serving", 5)], ["", ""]);
  assert.notEqual(mark("down", 5), "");
  assert.ok(radius(0) > 0 && radius(0.25) < radius(1) && radius(7) === radius(1) && radius(-1) === radius(0));
});

const places = fleet.places(4);
const view = popViews(reduce(reduce(INITIAL, { kind: "layout", layout: fleet.layout(places), at: 0 }), {
  kind: "sample", at: 0, sample: fleet.sample(places, (pop) => (pop === "bom" ? "down" : "active"), 9),
}));

test("the list begins with what is wrong, or with the largest", () => {
  assert.deepEqual(ordered(view, "pop").map((p) => p.place.id), ["bom", "fra", "iad", "gru"]);
  const loads = ordered(view, "requests").map((p) => p.now?.requests ?? -1);
  assert.deepEqual(loads, [...loads].sort((a, b) => b - a));
  assert.equal(ordered(view, "p95").at(-1)?.place.id, "bom");
  assert.deepEqual(view.filter((p) => matches(p, " frank ")).map((p) => p.place.id), ["fra"]);
  assert.deepEqual(view.filter((p) => matches(p, "DOWN")).map((p) => p.place.id), ["bom"]);
  assert.equal(view.filter((p) => matches(p, "")).length, 4);
});

test("a node's problems are sentences", () => {
  const good = answers.pops(places, () => "active")[0]!.nodes[0]!;
  const node = (part: Partial<Node>): Node => ({ ...good, ...part });
  assert.deepEqual(problemsOf([good], 7), []);
  assert.deepEqual(problemsOf([node({ snapshot_version: 6 })], 7), ["Node 0 has configuration 6, the present one is 7."]);
  assert.deepEqual(problemsOf([node({ snapshot_version: 6 })], null), []);
  assert.deepEqual(problemsOf([node({ snapshot_refused: "no" })], 7), ["Node 0 refused the configuration: no"]);
  assert.deepEqual(problemsOf([node({ state: "not-serving", detail: "draining" })], 7), ["Node 0 does not serve: draining."]);
  assert.match(problemsOf([node({ state: "down", last_seen_ms: 75_000 })], 7)[0]!, /not been heard of for 1.min 15.s/);
  assert.deepEqual(problemsOf([node({ origins: [{ id: "a", reachable: false, detail: "refused" }] })], 7),
    ["Node 0 cannot reach origin a: refused."]);
});

test("a cache policy in words", () => {
  const cache = { enabled: true, default_ttl: null, min_ttl: null, max_ttl: null, max_object: null, honour_request_directives: true };
  assert.equal(lifetimeWords(cache), "as the answer says");
  assert.equal(lifetimeWords({ ...cache, default_ttl: "10m", min_ttl: "1s", max_ttl: "1d" }),
    "as the answer says, else 10m; at least 1s; at most 1d");
  assert.match(lifetimeWords({ ...cache, enabled: false, default_ttl: "10m" }), /^off/);
});

test("a purge form says what it lacks, or what it asks for", () => {
  assert.deepEqual(requestOf(BLANK), { missing: "Say which URL." });
  assert.deepEqual(requestOf({ ...BLANK, kind: "tag", value: "  " }), { missing: "Say which tag." });
  assert.deepEqual(requestOf({ ...BLANK, kind: "host", value: " a.example " }), { body: { host: "a.example", soft: false } });
  assert.ok("missing" in requestOf({ ...BLANK, kind: "everything", value: "left over" }));
  assert.deepEqual(requestOf({ ...BLANK, kind: "everything", sure: true, soft: true }), { body: { everything: true, soft: true } });
});

test("progress counts who acknowledged, how much and when", () => {
  const purge: Purge = answers.progress({ number: 1, kind: "tag", value: "x", soft: false }, places, false);
  assert.deepEqual(progressOf(purge), { acknowledged: 2, nodes: 4, objects: 3 + 7, slowestUs: 2_400 + 2 * 530 });
  assert.deepEqual(progressOf({ ...purge, nodes: [] }), { acknowledged: 0, nodes: 0, objects: 0, slowestUs: null });
});
