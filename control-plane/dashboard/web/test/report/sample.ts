// Reports of runs that never were, the same at every start.

import type { ComparedRow, Comparison, LabEvent, Latency, Place, Pop, Report, Run, Stats, Sweep, Timeline } from "../../report/data/report";
import { noise, places } from "../mock/fleet";

const REGIONS: readonly (readonly [string, string, number, number])[] = [
  ["eu-central-1", "Frankfurt", 50.11, 8.68], ["eu-west-1", "Dublin", 53.35, -6.26], ["us-east-1", "Ashburn", 39.04, -77.49],
  ["us-west-2", "Portland", 45.52, -122.68], ["sa-east-1", "São Paulo", -23.55, -46.63], ["ap-south-1", "Mumbai", 19.08, 72.88],
  ["ap-southeast-1", "Singapore", 1.35, 103.82], ["ap-southeast-2", "Sydney", -33.87, 151.21], ["ap-northeast-1", "Tokyo", 35.68, 139.69],
  ["af-south-1", "Cape Town", -33.92, 18.42], ["me-south-1", "Bahrain", 26.07, 50.56], ["ca-central-1", "Montréal", 45.5, -73.57],
  ["eu-north-1", "Stockholm", 59.33, 18.07],
];
const ORIGIN: Place = { id: "shop", city: "Frankfurt", latitude: 50.3, longitude: 9.6 };

function regions(number: number): Place[] {
  return REGIONS.slice(0, number).map(([id, city, latitude, longitude]) => ({ id, city, latitude, longitude }));
}

function pops(number: number): Pop[] {
  return places(number).map(({ id, city, latitude, longitude }) => ({ id, city, latitude, longitude, capacity_bytes: 2 ** 28 }));
}

// Log-normal about the median.
function latency(median: number, spread: number): { readonly latency_ms: Latency; readonly cdf: [number, number][] } {
  const at = (z: number): number => Math.round(median * Math.exp(spread * z) * 1000) / 1000;
  const cdf = Array.from({ length: 60 }, (_, i): [number, number] => {
    const z = -3 + (i / 59) * 6;
    return [at(z), Math.round((i === 59 ? 1 : 1 / (1 + Math.exp(-1.702 * z))) * 1e6) / 1e6];
  });
  return {
    latency_ms: { mean: at(0.5 * spread), p50: at(0), p75: at(0.674), p90: at(1.282), p95: at(1.645), p99: at(2.326), p999: at(3.09), max: at(4) },
    cdf,
  };
}

function stats(requests: number, hitRatio: number, median: number, spread: number): Stats {
  const hits = Math.round(requests * hitRatio);
  const errors = Math.round((requests - hits) * 0.002);
  const stale = Math.round(hits * 0.01);
  return {
    requests, hits: hits - stale, stale, misses: requests - hits - errors, errors,
    hit_ratio: requests === 0 ? null : hitRatio, byte_hit_ratio: requests === 0 ? null : hitRatio * 0.94,
    bytes: requests * 18_000, ...latency(median, spread),
  };
}

function far(a: Place, b: Place): number {
  const r = Math.PI / 180;
  const cosine = Math.sin(a.latitude * r) * Math.sin(b.latitude * r) +
    Math.cos(a.latitude * r) * Math.cos(b.latitude * r) * Math.cos((a.longitude - b.longitude) * r);
  return 6371 * Math.acos(Math.min(1, cosine));
}

function timeline(requests: number, hitRatio: number, median: number): Timeline {
  const steps = Array.from({ length: 120 }, (_, i) => i);
  const good = (i: number): number => Math.min(hitRatio, hitRatio * (0.2 + i / 30)) * (i > 24 && i < 36 ? 0.8 : 1);
  const all = (i: number): number => Math.round((requests / 120) * (1 + 0.3 * Math.sin(i / 9) + 0.1 * noise(i, 1)));
  return {
    step_s: 5, requests: steps.map(all), hits: steps.map((i) => Math.round(all(i) * good(i))), stale: steps.map((i) => (i > 48 && i < 60 ? Math.round(all(i) * (1 - good(i)) * 0.7) : 0)),
    errors: steps.map((i) => (i > 24 && i < 27 ? 40 : 0)), origin_fetches: steps.map((i) => Math.round(all(i) * (1 - good(i)))),
    p50_ms: steps.map((i) => (i === 50 ? null : median * (1 + 0.2 * noise(i, 2)))), p95_ms: steps.map((i) => (i === 50 ? null : median * 6 * (1 + 0.3 * noise(i, 3)))),
  };
}

const EVENTS: readonly LabEvent[] = [
  { at_s: 120, kind: "pop-down", title: "fra goes down" }, { at_s: 180, kind: "pop-up", title: "fra is back" },
  { at_s: 240, kind: "origin-down", title: "The origin stops answering" }, { at_s: 300, kind: "origin-up", title: "The origin answers again" },
];

export interface Shape {
  readonly regions: number;
  readonly pops: number;
}

// `hitRatio` 0: every client asks the origin.
function run(id: string, title: string, shape: Shape, hitRatio: number, parameters: Run["parameters"]): Run {
  const own = pops(shape.pops);
  const places = regions(shape.regions);
  const all = hitRatio === 0 ? [] : own;
  const asked = (i: number): number => Math.round(90_000 * (0.4 + noise(i, 21)));
  const flows = places.map((place, i): Record<string, number> => {
    if (all.length === 0) return {};
    const near = [...all].sort((a, b) => far(place, a) - far(place, b)).slice(0, 3);
    return Object.fromEntries(near.map((pop, n) => [pop.id, Math.round(asked(i) * ([0.8, 0.15, 0.05][n] ?? 0))]));
  });
  const median = (place: Place, i: number): number =>
    hitRatio === 0 ? 30 + far(place, ORIGIN) / 45 : 9 + 14 * noise(i, 5) + far(place, ORIGIN) / 900;
  const rows = places.map((place, i) => (
    { id: place.id, stats: stats(asked(i), hitRatio * (0.97 + 0.03 * noise(i, 4)), median(place, i), hitRatio === 0 ? 0.35 : 0.8), pops: flows[i]! }));
  const total = rows.reduce((sum, row) => sum + row.stats.requests, 0);
  const atPop = (pop: string): number => flows.reduce((sum, row) => sum + (row[pop] ?? 0), 0);
  return {
    id, title, parameters, total: stats(total, hitRatio, hitRatio === 0 ? 142 : 17, hitRatio === 0 ? 0.7 : 0.95), regions: rows,
    pops: all.map((pop, i) => ({ id: pop.id, stats: stats(atPop(pop.id), hitRatio * (0.9 + 0.1 * noise(i, 6)), 15, 0.9), objects: 9000 + i, bytes: 2 ** 28 * (0.5 + 0.5 * noise(i, 7)), evictions: 100 * i })),
    timeline: timeline(total, hitRatio, hitRatio === 0 ? 142 : 17),
    origin: { fetches: Math.round(total * (1 - hitRatio)), bytes: total * 18_000 * (1 - hitRatio * 0.94), offload: hitRatio * 0.94 },
  };
}

function report(name: string, title: string, shape: Shape, runs: readonly Run[], rest: Partial<Report> = {}): Report {
  return {
    schema: 1, atoll: "0.1.0",
    scenario: { name, title, description: "Invented figures, for the page’s tests.", seed: 7, mode: "simulated", duration_s: 600, source: `${name}.toml` },
    regions: regions(shape.regions), pops: pops(shape.pops), origins: [ORIGIN], runs, events: EVENTS, sweep: null, links: null,
    notes: ["Round trips between regions are measured ones; those from clients to PoPs follow the distance.", "Loss is a pause of the sender, not a packet that is sent again."],
    ...rest,
  };
}

export function withAndWithout(): Report {
  const shape = { regions: 13, pops: 6 };
  return report("thirteen-regions", "Thirteen regions, with and without the CDN", shape, [
    run("without-cdn", "Without the CDN", shape, 0, { cdn: false }),
    run("with-cdn", "With the CDN", shape, 0.93, { cdn: true }),
  ]);
}

export function swept(): Report {
  const shape = { regions: 4, pops: 4 };
  const sizes = [20, 22, 24, 26, 28, 30].map((power) => 2 ** power);
  const ratio = (i: number, policy: string): number => Math.min(0.96, 0.35 + 0.11 * i + (policy === "cq" ? 0.05 : 0));
  const runs = ["lru", "cq"].flatMap((policy) => sizes.map((bytes, i) =>
    run(`${policy}-${bytes}`, `${policy}, ${bytes / 2 ** 20} MiB`, shape, ratio(i, policy), { policy, cache_bytes: bytes })));
  const sweep: Sweep = {
    parameter: "cache_bytes", title: "Cache per PoP", unit: "bytes",
    points: runs.map((r) => ({ value: r.parameters["cache_bytes"] as number, run: r.id, hit_ratio: r.total.hit_ratio, byte_hit_ratio: r.total.byte_hit_ratio })),
  };
  return report("cache-size", "How large must a cache be?", shape, runs, { sweep, events: [] });
}

// One run before real programs, and a relay that missed once.
export function single(): Report {
  const shape = { regions: 2, pops: 2 };
  const whole = report("small", "Two regions, live", shape, [{ ...run("only", "The run", shape, 0.8, {}), timeline: null }], {
    events: [], origins: [], notes: [],
    links: [
      { from: "eu-central-1", to: "fra", asked_ms: 4, measured_ms: 4.3 }, { from: "eu-west-1", to: "fra", asked_ms: 25, measured_ms: 28.2 },
      { from: "fra", to: "origin", asked_ms: 120, measured_ms: 121.9 }, { from: "iad", to: "origin", asked_ms: 90, measured_ms: null },
    ],
  });
  return { ...whole, scenario: { ...whole.scenario, mode: "live" } };
}

export function crowd(): Report {
  const shape = { regions: 13, pops: 300 };
  return report("crowd", "Three hundred PoPs", shape, [
    run("random", "PoPs by chance", shape, 0.85, { routing: "random" }), run("nearest", "The nearest PoP", shape, 0.91, { routing: "nearest" }),
  ], { events: [] });
}

// A scenario in which nobody asked for anything.
export function silent(): Report {
  const nobody: Stats = {
    requests: 0, hits: 0, stale: 0, misses: 0, errors: 0, hit_ratio: null, byte_hit_ratio: null, bytes: 0, cdf: [],
    latency_ms: { mean: null, p50: null, p75: null, p90: null, p95: null, p99: null, p999: null, max: null },
  };
  const own: Run = {
    id: "only", title: "Nobody came", parameters: {}, total: nobody, regions: [{ id: "eu-central-1", stats: nobody, pops: {} }], pops: [],
    timeline: { step_s: 1, requests: [0], hits: [0], errors: [0], stale: [0], origin_fetches: [0], p50_ms: [null], p95_ms: [null] },
    origin: { fetches: 0, bytes: 0, offload: null },
  };
  return report("silent", "Silence </script><b>& more", { regions: 1, pops: 0 }, [own], { events: [], notes: [], origins: [] });
}

export function comparison(): Comparison {
  const row = (region: string, figure: string, a: number, b: number, reach: number): ComparedRow =>
    ({ region, figure, a, b, difference: b - a, low: b - a - reach, high: b - a + reach });
  const rows = ["", ...REGIONS.map(([id]) => id)].flatMap((region, i) => [
    row(region, "p50_ms", 20 + i, 14 + i * 1.1, 1.5), row(region, "p95_ms", 140 + 9 * i, 120 + 10.5 * i, 9),
    row(region, "hit_ratio", 0.9, 0.93 - i * 0.004, 0.012),
  ]);
  return { schema: 1, a: "before", b: "after", rows: [...rows, { region: "", figure: "requests", a: 1e6, b: 1e6, difference: 0, low: null, high: null }] };
}
