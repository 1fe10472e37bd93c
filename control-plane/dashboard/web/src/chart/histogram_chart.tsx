import type { Histogram } from "../api/figures";
import { bins, edge, quantile, total } from "../figures/histogram";
import { count, microseconds, percent } from "../figures/format";
import { useWidth } from "../parts/use_width";

interface Row {
  readonly label: string;
  readonly kind: "hits" | "misses";
  readonly histogram: Histogram;
}

const ROW = 84;
const GAP = 26;
const AXIS = 24;

// Time to first byte on a logarithmic scale, one row each, as shares of its own total: misses are
// few, and would not be seen beside the hits.
export function HistogramChart({ rows }: { readonly rows: readonly Row[] }) {
  const { ref, width } = useWidth<HTMLDivElement>();
  const all = bins(rows.map((row) => row.histogram));
  const length = all[0]?.shares.length ?? 0;
  const first = all[0]?.first ?? 0;
  const height = rows.length * (ROW + GAP) + AXIS;
  const step = length === 0 ? 0 : width / length;
  const ticks: { x: number; us: number }[] = [];
  for (let us = 1; length > 0 && us < edge(first + length); us *= 10) {
    const x = (Math.log2(us) * 2 - (first - 1)) * step;
    if (x >= 18 && x <= width - 18) ticks.push({ x, us });
  }
  const peak = Math.max(1e-9, ...all.flatMap((b) => b.shares));
  return (
    <div class="histogram" ref={ref}>
      <svg width={width} height={height} role="img"
           aria-label={rows.map((r) => `${r.label}: median ${microseconds(quantile(r.histogram, 0.5))}, 99th percentile ${microseconds(quantile(r.histogram, 0.99))}`).join("; ")}>
        {ticks.map(({ x, us }) => (
          <g key={us}>
            <line class="grid" x1={x} x2={x} y1={GAP} y2={height - AXIS} />
            <text class="tick" x={x} y={height - 6} text-anchor="middle">{microseconds(us)}</text>
          </g>
        ))}
        {rows.map((row, i) => {
          const base = i * (ROW + GAP) + GAP + ROW;
          return (
            <g key={row.kind}>
              <text class="row" x={0} y={base - ROW - 8}>
                {row.label}: {count(total(row.histogram))} · p50 {microseconds(quantile(row.histogram, 0.5))} · p99{" "}
                {microseconds(quantile(row.histogram, 0.99))}
              </text>
              <line class="base" x1={0} x2={width} y1={base} y2={base} />
              {all[i]!.shares.map((share, bin) => share > 0 && (
                <rect key={bin} class={`bar ${row.kind}`} x={bin * step + 0.5} width={Math.max(1, step - 1)}
                      y={base - Math.max(1, (share / peak) * (ROW - 8))} height={Math.max(1, (share / peak) * (ROW - 8))}>
                  <title>{`up to ${microseconds(edge(first + bin))}: ${percent(share)}`}</title>
                </rect>
              ))}
            </g>
          );
        })}
      </svg>
    </div>
  );
}
