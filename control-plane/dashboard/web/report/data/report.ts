// The file that `atoll lab` writes (docs/lab-report.md), schema 1: the page draws nothing that is not in it.

export const SCHEMA = 1;

export const QUANTILES = ["p50", "p75", "p90", "p95", "p99", "p999"] as const;
export type LatencyFigure = (typeof QUANTILES)[number] | "mean" | "max";

// Milliseconds to the first byte, as the client sees it.
export type Latency = Readonly<Record<LatencyFigure, number | null>>;

export interface Stats {
  readonly requests: number; // = hits + stale + misses + errors
  readonly hits: number;
  readonly stale: number;
  readonly misses: number;
  readonly errors: number;
  readonly hit_ratio: number | null;
  readonly byte_hit_ratio: number | null;
  readonly bytes: number; // to clients
  readonly latency_ms: Latency;
  readonly cdf: readonly (readonly [number, number])[]; // milliseconds, share of the requests up to them
}

export interface Place {
  readonly id: string;
  readonly city: string;
  readonly latitude: number;
  readonly longitude: number;
}

export interface Pop extends Place {
  readonly capacity_bytes: number | null;
}

export interface RegionRun {
  readonly id: string;
  readonly stats: Stats;
  readonly pops: Readonly<Record<string, number>>; // requests by PoP
}

export interface PopRun {
  readonly id: string;
  readonly stats: Stats;
  readonly objects: number | null;
  readonly bytes: number | null;
  readonly evictions: number | null;
}

type Column = readonly (number | null)[];

// Counts of each step, and quantiles in it.
export interface Timeline {
  readonly step_s: number;
  readonly requests: Column;
  readonly hits: Column;
  readonly errors: Column;
  readonly stale: Column;
  readonly origin_fetches: Column;
  readonly p50_ms: Column;
  readonly p95_ms: Column;
}

export type Parameter = string | number | boolean | null;

export interface Run {
  readonly id: string;
  readonly title: string;
  readonly parameters: Readonly<Record<string, Parameter>>;
  readonly total: Stats;
  readonly regions: readonly RegionRun[];
  readonly pops: readonly PopRun[];
  readonly timeline: Timeline | null;
  readonly origin: { readonly fetches: number | null; readonly bytes: number | null; readonly offload: number | null };
}

export interface LabEvent {
  readonly at_s: number;
  readonly kind: string;
  readonly title: string;
}

export interface SweepPoint {
  readonly value: number;
  readonly run: string;
  readonly hit_ratio: number | null;
  readonly byte_hit_ratio: number | null;
}

export interface Sweep {
  readonly parameter: string;
  readonly title: string;
  readonly unit: string;
  readonly points: readonly SweepPoint[];
}

export interface LinkProof {
  readonly from: string;
  readonly to: string;
  readonly asked_ms: number;
  readonly measured_ms: number | null;
}

export interface Report {
  readonly schema: typeof SCHEMA;
  readonly scenario: {
    readonly name: string;
    readonly title: string;
    readonly description: string;
    readonly seed: number;
    readonly mode: "simulated" | "live";
    readonly duration_s: number;
    readonly source: string;
  };
  readonly atoll: string;
  readonly regions: readonly Place[];
  readonly pops: readonly Pop[];
  readonly origins: readonly Place[];
  readonly runs: readonly Run[];
  readonly events: readonly LabEvent[];
  readonly sweep: Sweep | null;
  readonly links: readonly LinkProof[] | null;
  readonly notes: readonly string[];
}

// `atoll lab compare A B`: differences B - A, with the 95 % interval of a bootstrap.
export interface ComparedRow {
  readonly region: string; // empty: all regions together
  readonly figure: string;
  readonly a: number | null;
  readonly b: number | null;
  readonly difference: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

export interface Comparison {
  readonly schema: typeof SCHEMA;
  readonly a: string;
  readonly b: string;
  readonly rows: readonly ComparedRow[];
}
