// A fleet that does not exist, the same at every start: figures are functions of PoP and second.

import type { Figures, Layout, Place, PopSample, PopState, Sample, Series, Window } from "../../src/api/figures";
import { FIGURES } from "../../src/api/figures";

const CITIES: readonly (readonly [string, string, string, number, number])[] = [
  ["fra", "Frankfurt", "DE", 50.11, 8.68], ["iad", "Ashburn", "US", 39.04, -77.49],
  ["gru", "São Paulo", "BR", -23.55, -46.63], ["bom", "Mumbai", "IN", 19.08, 72.88],
  ["sin", "Singapore", "SG", 1.35, 103.82], ["syd", "Sydney", "AU", -33.87, 151.21],
];

// A number in [0, 1) that looks random and is not.
export function noise(...keys: readonly number[]): number {
  let h = 0x9e3779b9;
  for (const key of keys) {
    h = Math.imul(h ^ Math.floor(key), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    h ^= h >>> 16;
  }
  return (h >>> 0) / 2 ** 32;
}

export function places(number: number): Place[] {
  return Array.from({ length: number }, (_, i) => {
    const named = CITIES[i];
    if (named) {
      const [id, city, country, latitude, longitude] = named;
      return { id, city, country, latitude, longitude, endpoints: [`127.0.${i + 1}.1:8080`] };
    }
    return {
      id: `p${i}`, city: `City ${i}`, country: "XX", endpoints: [`127.1.${i >> 8}.${i & 255}:8080`],
      latitude: -40 + 105 * noise(i, 1), longitude: -170 + 340 * noise(i, 2),
    };
  });
}

export function layout(pops: readonly Place[], problem = ""): Layout {
  return { version: "0.1.0", snapshot_version: 7, configuration_problem: problem, pops };
}

// The figures of PoP `pop` in a second; nothing is heard of one that is down.
export function figures(pop: number, second: number, state: PopState): Figures {
  if (state === "down") return Object.fromEntries(FIGURES.map((name) => [name, null])) as unknown as Figures;
  const wave = 1 + 0.35 * Math.sin(second / 47 + pop) + 0.12 * (noise(pop, second) - 0.5);
  const requests = state === "active" ? 900 * (0.25 + noise(pop, 7)) * wave : 0;
  const good = 0.9 + 0.08 * noise(pop, 3);
  const rate = (share: number, key: number): number =>
    Math.round(requests * share * (0.9 + 0.2 * noise(pop, second, key)) * 10) / 10;
  const counts = {
    hits: rate(good * 0.93, 1), revalidated: rate(good * 0.03, 2), collapsed: rate(good * 0.02, 3),
    stale: rate(good * 0.02, 4), misses: rate((1 - good) * 0.8, 5), bypassed: rate((1 - good) * 0.16, 6),
    refused: rate((1 - good) * 0.02, 7), errors: rate((1 - good) * 0.02, 8),
  };
  const all = Object.values(counts).reduce((a, b) => a + b, 0);
  const size = 14_000 + 9_000 * noise(pop, 9);
  const us = (base: number, key: number): number | null =>
    all === 0 ? null : Math.round(base * (0.85 + 0.3 * noise(pop, second, key)));
  const round = (value: number): number => Math.round(value * 10) / 10;
  return {
    requests: round(all), ...counts,
    bytes_out: round(all * size), bytes_from_cache: round(all * size * good * 0.97),
    bytes_in: round(all * size * (1 - good)), connections_accepted: round(all / 40),
    cache_evictions: round(all * 0.02 * noise(pop, second, 10)),
    cache_objects: 120_000 + Math.round(4_000 * noise(pop, 11)),
    cache_bytes: Math.round(2 ** 30 * (1.2 + 0.7 * noise(pop, 12))),
    p50_us: us(180, 12), p95_us: us(21_000, 13), p99_us: us(88_000, 14),
    hit_p50_us: us(170, 15), hit_p99_us: us(900, 16), miss_p50_us: us(42_000, 17), miss_p99_us: us(190_000, 18),
  };
}

export function together(all: readonly Figures[]): Figures {
  const heard = all.filter((f) => f.requests !== null);
  const one = (name: keyof Figures): number | null => {
    const values = heard.flatMap((f) => f[name] ?? []);
    if (values.length === 0) return null;
    const sum = values.reduce((a, b) => a + b, 0);
    return Math.round((name.endsWith("_us") ? sum / values.length : sum) * 10) / 10;
  };
  return Object.fromEntries(FIGURES.map((name) => [name, one(name)])) as unknown as Figures;
}

export function sample(pops: readonly Place[], stateOf: (pop: string) => PopState, second: number): Sample {
  const all = pops.map((place, i): PopSample => {
    const state = stateOf(place.id);
    const down = state === "down";
    return {
      id: place.id, state, nodes: down ? 0 : 1, connections: down ? 0 : 40 + (i % 7) * 11,
      requests_in_flight: down ? 0 : i % 5, cpu_millicores: down ? 0 : 120 + (i % 9) * 35,
      cache_capacity: down ? 0 : 2 ** 31, ...figures(i, second, state),
    };
  });
  return { time_ms: second * 1000, step_ms: 1000, total: together(all), pops: all };
}

const STEPS: Record<Window, readonly [number, number]> = {
  "1m": [1, 60], "5m": [1, 300], "1h": [10, 360], "6h": [120, 180], "24h": [120, 720],
};

// Log-normal about the median, in buckets of an eighth of an octave.
function histogram(median: number, spread: number, all: number): [number, number][] {
  const found: [number, number][] = [];
  for (let eighth = 8 * 4; eighth < 8 * 24; ++eighth) {
    const upper = Math.round(2 ** (eighth / 8));
    const z = Math.log(upper / median) / spread;
    const count = Math.round(all * (0.0866 / spread) * 0.3989 * Math.exp(-z * z / 2));
    if (count > 0) found.push([upper, count]);
  }
  return found;
}

// The window of one PoP, or of all, that ends before `end` (seconds since 1970).
export function series(pops: readonly Place[], stateOf: (pop: string) => PopState, window: Window,
                       pop: string | null, end: number): Series {
  const [step, points] = STEPS[window];
  const first = Math.floor(end / step) * step - step * points;
  const chosen = pops.map((place, i) => [place.id, i] as const).filter(([id]) => pop === null || id === pop);
  const asked = chosen.slice(0, 12); // a crowd's past costs more than a mock's should
  const rows = Array.from({ length: points }, (_, n) =>
    together(asked.map(([id, i]) => figures(i, first + n * step, stateOf(id)))));
  const columns: Record<string, (number | null)[]> = Object.fromEntries(
    FIGURES.map((name) => [name, rows.map((row) => row[name])]));
  columns["origin_time_saved_ms"] = rows.map((row) => (row.hits === null ? null : Math.round(row.hits * 41.3 * 10) / 10));
  const hits = rows.reduce((sum, row) => sum + (row.hits ?? 0) * step, 0);
  const misses = rows.reduce((sum, row) => sum + (row.misses ?? 0) * step, 0);
  return {
    window, step_ms: step * 1000, first_ms: first * 1000, pop, columns: columns as unknown as Series["columns"],
    ttfb_hit: histogram(190, 0.55, hits), ttfb_miss: histogram(43_000, 0.8, misses),
  };
}
