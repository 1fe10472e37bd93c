import { strict as assert } from "node:assert";
import { test } from "node:test";
import { Link, SILENCE_MS, type LinkWorld, type Source } from "../../src/live/link";
import { INITIAL, KEPT_SAMPLES, popViews, reduce, troubled, type LiveEvent, type LiveState } from "../../src/live/state";
import * as fleet from "../mock/fleet";

const POPS = fleet.places(3);
const layout = fleet.layout(POPS);
const sampleAt = (second: number, states: Record<string, "active" | "down" | "not-serving"> = {}) =>
  fleet.sample(POPS, (pop) => states[pop] ?? "active", second);

function after(...events: LiveEvent[]): LiveState {
  return events.reduce(reduce, INITIAL);
}

test("what was heard stays when the stream breaks, and is called lost", () => {
  const state = after({ kind: "layout", layout, at: 5 }, { kind: "sample", sample: sampleAt(100), at: 6 },
    { kind: "lost", reason: "It broke." });
  assert.equal(state.link, "lost");
  assert.equal(state.reason, "It broke.");
  assert.equal(state.heardAt, 6);
  assert.equal(state.sample?.time_ms, 100_000);
  const back = reduce(state, { kind: "sample", sample: sampleAt(105), at: 9 });
  assert.deepEqual([back.link, back.reason, back.heardAt], ["live", "", 9]);
});

test("the trail is short and never goes back", () => {
  const many = Array.from({ length: 50 }, (_, i): LiveEvent => ({ kind: "sample", sample: sampleAt(100 + i), at: i }));
  const state = after(...many);
  assert.equal(state.trail.length, KEPT_SAMPLES);
  assert.equal(state.trail.at(-1)?.time_ms, 149_000);
  const again = reduce(state, { kind: "sample", sample: sampleAt(140), at: 60 }); // a server that began anew
  assert.deepEqual(again.trail.map((s) => s.time_ms / 1000), [...Array.from({ length: 10 }, (_, i) => 130 + i), 140]);
});

test("PoPs are those of the layout, with the figures that are theirs", () => {
  assert.deepEqual(popViews(INITIAL), []);
  const only = after({ kind: "layout", layout, at: 1 });
  assert.deepEqual(popViews(only).map((p) => [p.place.id, p.now]), [["fra", null], ["iad", null], ["gru", null]]);
  assert.deepEqual(troubled(popViews(only)), []); // nothing is known, so nothing is wrong
  const sample = { ...sampleAt(7, { iad: "not-serving", gru: "down" }) };
  const views = popViews(reduce(only, { kind: "sample", sample: { ...sample, pops: [...sample.pops].reverse() }, at: 2 }));
  assert.deepEqual(views.map((p) => [p.place.id, p.state]), [["fra", "active"], ["iad", "not-serving"], ["gru", "down"]]);
  assert.deepEqual(troubled(views).map((p) => p.place.id), ["gru", "iad"]);
});

class World implements LinkWorld {
  time = 0;
  readonly opened: { listeners: Map<string, (event: { data?: unknown }) => void>; closed: boolean }[] = [];
  private timers: { at: number; what: () => void }[] = [];
  open(): Source {
    const source = { listeners: new Map<string, (event: { data?: unknown }) => void>(), closed: false };
    this.opened.push(source);
    return {
      addEventListener: (type, listener) => { source.listeners.set(type, listener); },
      close: () => { source.closed = true; },
    };
  }
  now = (): number => this.time;
  random = (): number => 0.5;
  later(ms: number, what: () => void): () => void {
    const timer = { at: this.time + ms, what };
    this.timers.push(timer);
    return () => { this.timers = this.timers.filter((t) => t !== timer); };
  }
  pass(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const next = this.timers.filter((t) => t.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.timers = this.timers.filter((t) => t !== next);
      this.time = next.at;
      next.what();
    }
    this.time = end;
  }
  say(type: string, data: unknown): void {
    this.opened.at(-1)!.listeners.get(type)!({ data: typeof data === "string" ? data : JSON.stringify(data) });
  }
}

function linked(): { world: World; heard: LiveEvent[]; link: Link } {
  const world = new World();
  const heard: LiveEvent[] = [];
  const link = new Link(world, (event) => heard.push(event));
  link.start();
  return { world, heard, link };
}

test("a stream that goes silent is opened again", () => {
  const { world, heard } = linked();
  world.say("layout", layout);
  world.pass(SILENCE_MS - 1);
  world.say("sample", sampleAt(1));
  world.pass(SILENCE_MS - 1);
  assert.deepEqual(heard.map((e) => e.kind), ["layout", "sample"]);
  world.pass(1);
  assert.equal(heard.at(-1)?.kind, "lost");
  assert.ok(world.opened[0]!.closed);
  world.pass(500);
  assert.equal(world.opened.length, 2);
});

test("the longer it fails, the rarer it is tried", () => {
  const { world } = linked();
  const waits: number[] = [];
  for (let i = 0; i < 7; ++i) {
    const began = world.time;
    const count = world.opened.length;
    world.say("error", "");
    while (world.opened.length === count) world.pass(100);
    waits.push(world.time - began);
  }
  assert.deepEqual(waits, [500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
  world.say("sample", sampleAt(1));
  world.say("error", "");
  world.pass(500);
  assert.equal(world.opened.length, 9); // a success starts afresh
});

test("what cannot be read breaks the stream", () => {
  const { world, heard } = linked();
  world.say("sample", "{");
  assert.equal(heard[0]?.kind, "lost");
  assert.match(heard[0]?.kind === "lost" ? heard[0].reason : "", /cannot be read/);
});

test("nothing of a closed stream is heard, and hurry opens a new one at once", () => {
  const { world, heard, link } = linked();
  const old = world.opened[0]!;
  world.say("error", "");
  old.listeners.get("sample")!({ data: JSON.stringify(sampleAt(3)) });
  old.listeners.get("error")!({});
  assert.equal(heard.length, 1);
  link.hurry();
  assert.equal(world.opened.length, 2);
  link.hurry(); // it is open already
  assert.equal(world.opened.length, 2);
  link.stop();
  world.pass(60_000);
  assert.equal(world.opened.length, 2);
});
