// What is made of a report before it is drawn. Pure.

import type { ComparedRow, LinkProof, Parameter, Report, Run, Stats, Sweep, Timeline } from "./report";

type Curve = Stats["cdf"];

// Share of the requests that had their first byte after `ms`, by straight lines between the points.
export function shareAt(curve: Curve, ms: number): number | null {
  const first = curve[0];
  const last = curve[curve.length - 1];
  if (first === undefined || last === undefined) return null;
  if (ms < first[0]) return 0;
  if (ms >= last[0]) return last[1];
  const i = curve.findIndex(([at]) => at > ms);
  const [x0, y0] = curve[i - 1]!;
  const [x1, y1] = curve[i]!;
  return y0 + ((ms - x0) / (x1 - x0)) * (y1 - y0);
}

const GRID_POINTS = 240;
const SHORTEST_MS = 0.01; // a logarithmic axis has no zero

// Milliseconds at equal distances on a logarithmic axis, over all of the curves.
export function commonGrid(curves: readonly Curve[]): number[] {
  const all = curves.flatMap((curve) => curve.map(([ms]) => Math.max(SHORTEST_MS, ms)));
  if (all.length === 0) return [];
  const low = Math.log(Math.min(...all) * 0.98);
  const high = Math.log(Math.max(...all) * 1.02);
  return Array.from({ length: GRID_POINTS }, (_, i) => Math.exp(low + ((high - low) * i) / (GRID_POINTS - 1)));
}

export interface Outcomes {
  readonly hits: (number | null)[];
  readonly stale: (number | null)[];
  readonly misses: (number | null)[];
  readonly errors: (number | null)[];
}

// Requests a second by outcome; a miss is what is none of the others.
export function outcomesPerSecond(timeline: Timeline): Outcomes {
  const rate = (value: number | null | undefined): number | null =>
    value === null || value === undefined ? null : value / timeline.step_s;
  const misses = timeline.requests.map((all, i) => {
    const others = [timeline.hits[i], timeline.stale[i], timeline.errors[i]];
    if (all === null || others.some((v) => v === null || v === undefined)) return null;
    return rate(Math.max(0, others.reduce<number>((rest, v) => rest - v!, all)));
  });
  return {
    hits: timeline.hits.map(rate), stale: timeline.stale.map(rate), misses, errors: timeline.errors.map(rate),
  };
}

export function hitRatios(timeline: Timeline): (number | null)[] {
  return timeline.requests.map((all, i) => {
    const hits = timeline.hits[i];
    const stale = timeline.stale[i];
    if (!all || hits === null || hits === undefined || stale === null || stale === undefined) return null;
    return (hits + stale) / all;
  });
}

// The second each step begins at.
export function stepTimes(timeline: Timeline): number[] {
  return timeline.requests.map((_, i) => i * timeline.step_s);
}

// A column of another run over the steps of this one; null when its steps are not the same.
export function alongside<T>(own: Timeline, other: Timeline | null, column: (t: Timeline) => readonly (T | null)[]): (T | null)[] | null {
  if (other === null || other.step_s !== own.step_s) return null;
  const values = column(other);
  return own.requests.map((_, i) => values[i] ?? null);
}

export interface Flow {
  readonly region: string;
  readonly pop: string;
  readonly requests: number;
  readonly share: number; // of the region's requests
}

// Who is answered where, the largest flows first.
export function flows(run: Run): Flow[] {
  return run.regions
    .flatMap((region) => {
      const all = Object.values(region.pops).reduce((a, b) => a + b, 0);
      return Object.entries(region.pops)
        .filter(([, requests]) => requests > 0)
        .map(([pop, requests]) => ({ region: region.id, pop, requests, share: requests / all }));
    })
    .sort((a, b) => b.requests - a.requests);
}

// Names of the parameters in which runs differ, in the order in which they are first seen.
export function differingParameters(runs: readonly Run[]): string[] {
  const names = [...new Set(runs.flatMap((run) => Object.keys(run.parameters)))];
  return names.filter((name) => new Set(runs.map((run) => JSON.stringify(run.parameters[name] ?? null))).size > 1);
}

export interface SweepLine {
  readonly label: string;
  readonly points: readonly { readonly value: number; readonly hit: number | null; readonly bytes: number | null }[];
}

// One line for each set of the parameters that are not swept; without any, one line.
export function sweepLines(sweep: Sweep, runs: readonly Run[], words: (name: string, value: Parameter) => string): SweepLine[] {
  const byId = new Map(runs.map((run) => [run.id, run]));
  const taken = sweep.points.flatMap((point) => byId.get(point.run) ?? []);
  const others = differingParameters(taken).filter((name) => name !== sweep.parameter);
  const lines = new Map<string, SweepLine["points"][number][]>();
  for (const point of sweep.points) {
    const run = byId.get(point.run);
    const label = run === undefined ? "" : others.map((name) => words(name, run.parameters[name] ?? null)).join(", ");
    const line = lines.get(label) ?? [];
    line.push({ value: point.value, hit: point.hit_ratio, bytes: point.byte_hit_ratio });
    lines.set(label, line);
  }
  return [...lines].map(([label, points]) => ({ label, points: points.sort((a, b) => a.value - b.value) }));
}

// A link keeps its promise within a millisecond or 2 %, whichever is more.
export function kept(link: LinkProof): boolean {
  return link.measured_ms !== null &&
    Math.abs(link.measured_ms - link.asked_ms) <= Math.max(1, link.asked_ms * 0.02);
}

export type Direction = "lower" | "higher" | "neither";

// Which way a figure is better, by its name.
export function betterWhen(figure: string): Direction {
  if (/_ratio$|offload/.test(figure)) return /error|stale/.test(figure) ? "lower" : "higher";
  if (/_ms$|error|stale|origin|evictions/.test(figure)) return "lower";
  return "neither";
}

export type Verdict = "better" | "worse" | "other" | "same" | "unknown";

// What a row of a comparison says. An interval with zero in it says nothing about the direction.
export function verdictOf(row: ComparedRow): Verdict {
  const { low, high } = row;
  if (low === null || high === null) return "unknown";
  if (low <= 0 && high >= 0) return "same";
  const direction = betterWhen(row.figure);
  if (direction === "neither") return "other";
  return (direction === "lower") === (high < 0) ? "better" : "worse";
}

// The first run is what the others are held against; the last one is shown.
export interface Choice {
  readonly shown: Run;
  readonly against: Run | null;
}
export function chosen(report: Report, query: URLSearchParams): Choice {
  const { runs } = report;
  const named = (name: string): Run | undefined => runs.find((run) => run.id === query.get(name));
  const shown = named("run") ?? runs[runs.length - 1]!;
  const against = query.get("with") === "" ? null : named("with") ?? runs[0]!;
  return { shown, against: against === shown ? null : against };
}
