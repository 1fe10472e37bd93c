import { percent } from "../../src/figures/format";
import type { Choice } from "../data/figures";
import type { Place, Report, Run, Stats } from "../data/report";
import { changeWords, milliseconds } from "../data/words";
import { colourOf } from "../colours";
import { Part } from "../parts/part";

const SHADES = [["p99", 0.28], ["p95", 0.6], ["p50", 1]] as const; // the longest is drawn first

interface Bars {
  readonly place: Place;
  readonly rows: readonly { readonly run: Run; readonly stats: Stats }[];
}

// The slowest region first, by what the others are held against.
export function barsOf(report: Report, { shown, against }: Choice): Bars[] {
  const runs = against === null ? [shown] : [against, shown];
  const of = (run: Run, region: string): Stats | null => run.regions.find((r) => r.id === region)?.stats ?? null;
  return report.regions
    .map((place) => ({
      place,
      rows: runs.flatMap((run) => { const stats = of(run, place.id); return stats === null ? [] : [{ run, stats }]; }),
    }))
    .filter(({ rows }) => rows.length > 0)
    .sort((a, b) => (b.rows[0]!.stats.latency_ms.p95 ?? 0) - (a.rows[0]!.stats.latency_ms.p95 ?? 0));
}

export function Regions({ report, choice }: { readonly report: Report; readonly choice: Choice }) {
  const all = barsOf(report, choice);
  const { against } = choice;
  const longest = Math.max(1e-9, ...all.flatMap(({ rows }) => rows.map(({ stats }) => stats.latency_ms.p99 ?? 0)));
  return (
    <Part id="regions" title="Time to first byte by region"
          about="A bar is full to the median, half full to the 95th and faint to the 99th percentile.">
      {against && (
        <ul class="legend">
          {[against, choice.shown].map((run) => (
            <li key={run.id}><i class={`swatch c${colourOf(run, report.runs)}`} /> {run.title}</li>
          ))}
        </ul>
      )}
      <div class="scroll tall" tabIndex={0} role="region" aria-label="Table of regions">
        <table class="bars">
          <thead>
            <tr>
              <th scope="col">Region</th>{against && <th scope="col" class="run">Run</th>}
              <th scope="col" class="wide">0 to {milliseconds(longest)}</th>
              <th scope="col" class="n">p50</th><th scope="col" class="n">p95</th><th scope="col" class="n">p99</th>
              {against && <th scope="col" class="n">p95 change</th>}
              <th scope="col" class="n">Hit ratio</th>
            </tr>
          </thead>
          {all.map(({ place, rows }) => (
            <tbody key={place.id}>
              {rows.map(({ run, stats }, i) => (
                <tr key={run.id}>
                  {i === 0 && <th scope="rowgroup" rowSpan={rows.length}>{place.city} <span class="id">{place.id}</span></th>}
                  {against && <td class="run">{run.title}</td>}
                  <td class="wide"><Bar stats={stats} longest={longest} colour={colourOf(run, report.runs)} /></td>
                  {(["p50", "p95", "p99"] as const).map((q) => <td key={q} class="n">{milliseconds(stats.latency_ms[q])}</td>)}
                  {against && <td class="n">{run === against ? "" : changeWords("p95_ms", rows[0]!.stats.latency_ms.p95, stats.latency_ms.p95)}</td>}
                  <td class="n">{percent(stats.hit_ratio)}</td>
                </tr>
              ))}
            </tbody>
          ))}
        </table>
      </div>
    </Part>
  );
}

function Bar({ stats, longest, colour }: { readonly stats: Stats; readonly longest: number; readonly colour: string }) {
  return (
    <svg class={`bar f${colour}`} width="100%" height="14" aria-hidden="true">
      {SHADES.map(([quantile, opacity]) => {
        const value = stats.latency_ms[quantile];
        return value !== null && (
          <rect key={quantile} x="0" y="1" height="12" rx="2" fill-opacity={opacity}
                width={`${Math.max(0.3, Math.min(1, value / longest) * 100).toFixed(2)}%`} />
        );
      })}
    </svg>
  );
}
