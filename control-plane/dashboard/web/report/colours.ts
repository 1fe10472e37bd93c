// Which colour a run has, the same everywhere: grey is what the others are held against.

import type { Run } from "./data/report";

const COLOURS = ["--hits", "--misses", "--stale", "--collapsed", "--refused", "--revalidated", "--errors"] as const;
export const GROUND_COLOUR = "--bypassed";

export function colourAt(index: number): string {
  return COLOURS[index % COLOURS.length]!;
}

export function colourOf(run: Run, runs: readonly Run[]): string {
  const index = runs.indexOf(run);
  return index === 0 && runs.length > 1 ? GROUND_COLOUR : colourAt(runs.length > 1 ? index - 1 : index);
}
