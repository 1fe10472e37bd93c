// The past of a PoP, or of all: extended by what is heard live, and summed up.

import { FIGURES, type Column, type Figure, type Figures, type Sample, type Series } from "../api/figures";
import type { HitCounts } from "./ratio";

function figuresIn(sample: Sample, pop: string | null): Figures | undefined {
  return pop === null ? sample.total : sample.pops.find((p) => p.id === pop);
}

// The series with the newer samples behind it and as much less in front. Only for steps that the
// live stream has too; others are returned as they are.
export function extended(series: Series, samples: readonly Sample[]): Series {
  const length = series.columns.requests.length;
  const end = series.first_ms + length * series.step_ms;
  const fresh = samples.filter((s) => s.time_ms >= end && s.step_ms === series.step_ms);
  const newest = fresh[fresh.length - 1];
  if (newest === undefined) return series;
  const more = Math.min(length, (newest.time_ms - end) / series.step_ms + 1);
  if (!Number.isInteger(more)) return series;
  const begin = newest.time_ms - (more - 1) * series.step_ms;
  const columns: Record<string, Column> = {};
  const tail = (pick: (f: Figures) => number | null): Column => {
    const added = new Array<number | null>(more).fill(null); // seconds nobody heard of stay gaps
    for (const sample of fresh) {
      const figures = figuresIn(sample, series.pop);
      const at = (sample.time_ms - begin) / series.step_ms;
      if (figures && Number.isInteger(at) && at >= 0) added[at] = pick(figures);
    }
    return added;
  };
  for (const name of FIGURES) {
    columns[name] = [...series.columns[name].slice(more), ...tail((f) => f[name])];
  }
  columns["origin_time_saved_ms"] = [...series.columns.origin_time_saved_ms.slice(more), ...tail(() => null)];
  return { ...series, first_ms: newest.time_ms - (length - 1) * series.step_ms, columns: columns as Series["columns"] };
}

// The beginning of each step, in seconds, as charts want it.
export function times(series: Series): number[] {
  return series.columns.requests.map((_, i) => (series.first_ms + i * series.step_ms) / 1000);
}

// Sum over the window of a column of rates; null when nothing was heard at all.
export function sum(column: Column, stepMs: number): number | null {
  let all = 0;
  let heard = false;
  for (const value of column) {
    if (value === null) continue;
    heard = true;
    all += value * (stepMs / 1000);
  }
  return heard ? all : null;
}

export function mean(column: Column): number | null {
  let all = 0;
  let heard = 0;
  for (const value of column) {
    if (value === null) continue;
    all += value;
    ++heard;
  }
  return heard === 0 ? null : all / heard;
}

// Counts over the whole window, for ratios.
export function sums(series: Series): HitCounts & Pick<Figures, "bytes_out" | "bytes_in" | "bytes_from_cache" | "errors"> {
  const of = (name: Figure): number | null => sum(series.columns[name], series.step_ms);
  return {
    requests: of("requests"), hits: of("hits"), stale: of("stale"), revalidated: of("revalidated"),
    collapsed: of("collapsed"), errors: of("errors"), bytes_out: of("bytes_out"), bytes_in: of("bytes_in"),
    bytes_from_cache: of("bytes_from_cache"),
  };
}

// A ratio at every point.
export function ratioColumn<K extends Figure>(
  series: Series, names: readonly K[], ratio: (f: Record<K, number | null>) => number | null): Column {
  return series.columns.requests.map((_, i) => {
    const at = {} as Record<K, number | null>;
    for (const name of names) at[name] = series.columns[name][i] ?? null;
    return ratio(at);
  });
}

// Whether anything was asked for in the window.
export function anything(series: Series): boolean {
  return (sum(series.columns.requests, series.step_ms) ?? 0) > 0;
}
