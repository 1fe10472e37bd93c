// Histograms of the time to first byte: [upper bound in microseconds, count], ascending.

import type { Histogram } from "../api/figures";

export function total(histogram: Histogram): number {
  return histogram.reduce((sum, [, count]) => sum + count, 0);
}

// The upper bound of the bucket in which the quantile (0..1) lies; null without values.
export function quantile(histogram: Histogram, q: number): number | null {
  const all = total(histogram);
  if (all === 0) return null;
  let rest = Math.max(1, Math.ceil(all * q));
  for (const [upper, count] of histogram) {
    rest -= count;
    if (rest <= 0) return upper;
  }
  return histogram[histogram.length - 1]?.[0] ?? null;
}

export function merged(a: Histogram, b: Histogram): Histogram {
  const sums = new Map<number, number>();
  for (const [upper, count] of [...a, ...b]) sums.set(upper, (sums.get(upper) ?? 0) + count);
  return [...sums].sort((x, y) => x[0] - y[0]);
}

export interface Bins {
  readonly first: number; // number of the first bin; bin i holds upper bounds up to edge(i)
  readonly shares: readonly number[]; // of all, one per bin
}

const PER_OCTAVE = 2;
export function binOf(upperUs: number): number {
  return Math.ceil(Math.log2(Math.max(1, upperUs)) * PER_OCTAVE - 1e-9);
}
export function edge(bin: number): number {
  return 2 ** (bin / PER_OCTAVE);
}

// Shares of each in bins that are equally wide on a logarithmic scale, over the range of both.
export function bins(histograms: readonly Histogram[]): Bins[] {
  const used = histograms.flatMap((h) => h.filter(([, n]) => n > 0).map(([upper]) => binOf(upper)));
  if (used.length === 0) return histograms.map(() => ({ first: 0, shares: [] }));
  const first = Math.min(...used);
  const last = Math.max(...used);
  return histograms.map((histogram) => {
    const shares = new Array<number>(last - first + 1).fill(0);
    const all = total(histogram);
    for (const [upper, count] of histogram) {
      if (count > 0) shares[binOf(upper) - first]! += count / all;
    }
    return { first, shares };
  });
}
