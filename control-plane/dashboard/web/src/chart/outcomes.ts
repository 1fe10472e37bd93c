// How requests ended, in words and colours.

import { OUTCOMES, type Outcome, type Series } from "../api/figures";
import type { Line } from "./chart";

export const OUTCOME_WORDS: Record<Outcome, string> = {
  hits: "hit", revalidated: "revalidated", collapsed: "collapsed", stale: "stale", misses: "miss",
  bypassed: "pass", refused: "refused", errors: "error",
};

export function outcomeLines(series: Series): Line[] {
  return OUTCOMES.map((name) => ({
    label: OUTCOME_WORDS[name], colour: `--${name}`, values: series.columns[name],
  }));
}
