import type { Figures, Series, Window } from "../api/figures";
import { bandwidth, count, microseconds, NOTHING, percent, seconds } from "../figures/format";
import { merged, quantile } from "../figures/histogram";
import { byteHitRatio, errorRatio, hitRatio, originOffload } from "../figures/ratio";
import { mean, sum, sums } from "../figures/series";
import { Tile, Tiles } from "./tile";
import { WINDOW_WORDS } from "./window_choice";

interface Props {
  readonly label: string;
  readonly now: Figures | null;
  readonly series: Series | null;
  readonly window: Window;
}

const TTFB_HINT = "Time to first byte: from the end of the request's head to the first byte of the answer";

// The figures one looks at first: now, and below it over the window.
export function FigureTiles({ label, now, series, window }: Props) {
  const all = series && sums(series);
  const ttfb = series && merged(series.ttfb_hit, series.ttfb_miss);
  const over = WINDOW_WORDS[window];
  const errors = now && errorRatio(now);
  const below = (text: string): string => (series === null ? NOTHING : `${text} in ${over}`);
  return (
    <Tiles label={label}>
      <Tile label="Requests/s" value={count(now?.requests ?? null)}
            below={series && `⌀ ${count(mean(series.columns.requests))} in ${over}`} />
      <Tile label="Hit ratio" hint="Answered from what is stored, or from a fetch another request had begun"
            value={percent(now && hitRatio(now))} below={all && below(percent(hitRatio(all)))} />
      <Tile label="Byte hit ratio" hint="Of the bytes sent to clients, those that came from the cache"
            value={percent(now && byteHitRatio(now))} below={all && below(percent(byteHitRatio(all)))} />
      <Tile label="Origin offload" hint="Of the bytes sent to clients, those that origins did not have to send"
            value={percent(now && originOffload(now))} below={all && below(percent(originOffload(all)))} />
      {([["p50", 0.5], ["p95", 0.95], ["p99", 0.99]] as const).map(([name, q]) => (
        <Tile key={name} label={`TTFB ${name}`} hint={TTFB_HINT}
              value={microseconds(now?.[`${name}_us`] ?? null)}
              below={ttfb && below(microseconds(quantile(ttfb, q)))} />
      ))}
      <Tile label="Bandwidth" hint="Sent to clients" value={bandwidth(now?.bytes_out ?? null)}
            below={series && `⌀ ${bandwidth(mean(series.columns.bytes_out))}`} />
      <Tile label="Origin time saved" hint="How much longer the clients of hits would have waited for misses"
            value={seconds(series && sum(series.columns.origin_time_saved_ms, series.step_ms / 1000))}
            below={`waiting in ${over}`} />
      <Tile label="Errors" hint="Of the requests, those that failed" value={percent(errors)}
            tone={errors !== null && errors >= 0.01 ? "bad" : undefined}
            below={all && below(percent(errorRatio(all)))} />
    </Tiles>
  );
}
