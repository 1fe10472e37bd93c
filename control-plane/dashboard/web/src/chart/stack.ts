// Columns laid on one another. Pure.

import type { Column } from "../api/figures";

// Running sums from the first column up. Where one is null all of them are: a pile with a layer
// missing would lie about the others.
export function stacked(columns: readonly Column[]): (number | null)[][] {
  const length = columns[0]?.length ?? 0;
  const out = columns.map(() => new Array<number | null>(length).fill(null));
  for (let i = 0; i < length; ++i) {
    if (columns.some((c) => c[i] === null || c[i] === undefined)) continue;
    let sum = 0;
    columns.forEach((c, layer) => {
      sum += c[i]!;
      out[layer]![i] = sum;
    });
  }
  return out;
}

// The last value that is one.
export function latest(column: Column): number | null {
  for (let i = column.length - 1; i >= 0; --i) {
    const value = column[i];
    if (value !== null && value !== undefined) return value;
  }
  return null;
}

// A round number at or above `value`: 1, 2, 2.5 or 5 times a power of ten, so that an axis stays
// as it is while the values move a little.
export function roundUp(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  for (const step of [1, 2, 2.5, 5, 10]) {
    if (value <= step * power * (1 + 1e-9)) return step * power;
  }
  return 10 * power;
}
