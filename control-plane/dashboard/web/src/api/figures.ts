// What the control plane says in figures: docs/api.md, GET /v1/live and GET /v1/series.

// How a request ended. Every one counts in exactly one of these; the order is that of the charts,
// from what the cache did alone to what went wrong.
export const OUTCOMES = [
  "hits", "revalidated", "collapsed", "stale", "misses", "bypassed", "refused", "errors",
] as const;
export type Outcome = (typeof OUTCOMES)[number];

// Per second.
export const RATES = [
  "requests", ...OUTCOMES, "bytes_out", "bytes_from_cache", "bytes_in", "connections_accepted",
  "cache_evictions",
] as const;
// At the end of the step.
export const GAUGES = ["cache_objects", "cache_bytes"] as const;
// Microseconds to the first byte; null when nothing was asked for.
export const TIMES = [
  "p50_us", "p95_us", "p99_us", "hit_p50_us", "hit_p99_us", "miss_p50_us", "miss_p99_us",
] as const;
export const FIGURES = [...RATES, ...GAUGES, ...TIMES] as const;

export type Figure = (typeof FIGURES)[number];
// null: nothing was heard.
export type Figures = Readonly<Record<Figure, number | null>>;

// The last two are the operator's; a node has the others.
export type PopState = "active" | "not-serving" | "down" | "draining" | "admin-down";

export interface PopSample extends Figures {
  readonly id: string;
  readonly state: PopState;
  readonly nodes: number;
  readonly connections: number;
  readonly requests_in_flight: number;
  readonly cpu_millicores: number;
  readonly cache_capacity: number;
}

export interface Sample {
  readonly time_ms: number;
  readonly step_ms: number;
  readonly total: Figures;
  readonly pops: readonly PopSample[];
}

export interface Place {
  readonly id: string;
  readonly city: string;
  readonly country: string;
  readonly latitude: number;
  readonly longitude: number;
  readonly endpoints: readonly string[];
}

export interface Layout {
  readonly version: string;
  readonly snapshot_version: number;
  readonly configuration_problem: string;
  readonly pops: readonly Place[];
}

export const WINDOWS = ["1m", "5m", "1h", "6h", "24h"] as const;
export type Window = (typeof WINDOWS)[number];

export type Column = readonly (number | null)[];
// Upper bound in microseconds and count of each bucket.
export type Histogram = readonly (readonly [number, number])[];

export interface Series {
  readonly window: Window;
  readonly step_ms: number;
  readonly first_ms: number;
  readonly pop: string | null;
  readonly columns: Readonly<Record<Figure | "origin_time_saved_ms", Column>>;
  readonly ttfb_hit: Histogram;
  readonly ttfb_miss: Histogram;
}
