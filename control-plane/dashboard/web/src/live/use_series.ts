import { useMemo } from "preact/hooks";
import type { Sample, Series, Window } from "../api/figures";
import { extended } from "../figures/series";
import { useAnswer } from "./use_answer";

// How often the past is asked for again. Between two answers of a window with steps of a second,
// what is heard live carries it on.
const RENEW_MS: Record<Window, number> = { "1m": 5_000, "5m": 5_000, "1h": 10_000, "6h": 30_000, "24h": 60_000 };

export interface Past {
  readonly series: Series | null;
  readonly problem: string | null;
}

export function useSeries(window: Window, pop: string | null, trail: readonly Sample[]): Past {
  const path = `/v1/series?window=${window}${pop === null ? "" : `&pop=${encodeURIComponent(pop)}`}`;
  const { value, problem } = useAnswer<Series>(path, RENEW_MS[window]);
  const series = useMemo(() => (value === null ? null : extended(value, trail)), [value, trail]);
  return { series, problem };
}
