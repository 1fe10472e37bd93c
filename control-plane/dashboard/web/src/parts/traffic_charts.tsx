import { useMemo } from "preact/hooks";
import type { Series } from "../api/figures";
import { Chart, type Line } from "../chart/chart";
import { outcomeLines } from "../chart/outcomes";
import { bandwidth, microseconds, percent, perSecond } from "../figures/format";
import { byteHitRatio, hitRatio } from "../figures/ratio";
import { ratioColumn, times } from "../figures/series";
import type { Theme } from "../theme";

function ratioLines(series: Series): Line[] {
  const hit = ratioColumn(series, ["hits", "stale", "revalidated", "collapsed", "requests"], hitRatio);
  const bytes = ratioColumn(series, ["bytes_from_cache", "bytes_out"], byteHitRatio);
  return [
    { label: "requests", colour: "--hits", values: hit },
    { label: "bytes", colour: "--collapsed", values: bytes },
  ];
}

function lines(series: Series) {
  const { columns } = series;
  return {
    times: times(series),
    outcomes: outcomeLines(series),
    ratios: ratioLines(series),
    ttfb: [
      { label: "p50", colour: "--hits", values: columns.p50_us },
      { label: "p95", colour: "--stale", values: columns.p95_us },
      { label: "p99", colour: "--errors", values: columns.p99_us },
    ],
    bytes: [
      { label: "to clients", colour: "--hits", values: columns.bytes_out },
      { label: "from cache", colour: "--collapsed", values: columns.bytes_from_cache },
      { label: "from origins", colour: "--misses", values: columns.bytes_in },
    ],
  };
}

// The past of one PoP or of all, in four pictures.
export function TrafficCharts({ series, theme }: { readonly series: Series; readonly theme: Theme }) {
  const drawn = useMemo(() => lines(series), [series]);
  return (
    <>
      <Chart title="Requests by outcome" xs={drawn.times} lines={drawn.outcomes} format={perSecond} theme={theme} stacked />
      <Chart title="Hit ratio" xs={drawn.times} lines={drawn.ratios} format={percent} theme={theme} scale="ratio" />
      <Chart title="Time to first byte" xs={drawn.times} lines={drawn.ttfb} format={microseconds} theme={theme} scale="log" />
      <Chart title="Bandwidth" xs={drawn.times} lines={drawn.bytes} format={bandwidth} theme={theme} />
    </>
  );
}
