import { useMemo, useState } from "preact/hooks";
import { Chart, type Line } from "../../src/chart/chart";
import type { Axis } from "../../src/chart/options";
import { percent } from "../../src/figures/format";
import { Empty } from "../../src/parts/notice";
import type { Theme } from "../../src/theme";
import { colourAt, colourOf } from "../colours";
import { commonGrid, shareAt, type Choice } from "../data/figures";
import type { Report, Stats } from "../data/report";
import { milliseconds } from "../data/words";
import { Part } from "../parts/part";

const LATENCY: Axis = {
  name: "time to first byte", distribution: "log10", tick: milliseconds, reading: (ms) => `up to ${milliseconds(ms)}`,
};
const MOST_LINES = 7; // as many as there are colours

interface Named {
  readonly label: string;
  readonly colour: string;
  readonly stats: Stats;
}

// By run at one place, or by region in one run.
function namedCurves(report: Report, { shown, against }: Choice, place: string): { readonly curves: Named[]; readonly left: number } {
  if (place === "regions") {
    const busiest = [...shown.regions].sort((a, b) => b.stats.requests - a.stats.requests);
    const city = (id: string): string => report.regions.find((r) => r.id === id)?.city ?? id;
    const curves = busiest.slice(0, MOST_LINES).map((r, i) => ({ label: city(r.id), colour: colourAt(i), stats: r.stats }));
    return { curves, left: Math.max(0, busiest.length - MOST_LINES) };
  }
  const first = [against, shown].flatMap((run) => run ?? []);
  const order = [...first, ...report.runs.filter((run) => !first.includes(run))];
  const all = order.flatMap((run) => {
    const stats = place === "" ? run.total : run.regions.find((r) => r.id === place)?.stats;
    return stats === undefined ? [] : [{ label: run.title, colour: colourOf(run, report.runs), stats }];
  });
  return { curves: all.slice(0, MOST_LINES), left: Math.max(0, all.length - MOST_LINES) };
}

export function Curves({ report, choice, theme }: { readonly report: Report; readonly choice: Choice; readonly theme: Theme }) {
  const [place, setPlace] = useState("");
  const { curves, left } = namedCurves(report, choice, place);
  const key = curves.map((c) => c.label).join("\n") + place;
  const { xs, lines } = useMemo(() => {
    const grid = commonGrid(curves.map((c) => c.stats.cdf));
    return {
      xs: grid,
      lines: curves.map(({ label, colour, stats }): Line => ({
        label, colour, values: grid.map((ms) => shareAt(stats.cdf, ms)),
        summary: `p50 ${milliseconds(stats.latency_ms.p50)} · p95 ${milliseconds(stats.latency_ms.p95)}`,
      })),
    };
  }, [key, choice.shown]);
  return (
    <Part id="curves" title="Distribution" about="Share of the requests whose first byte was there after so long; the axis is logarithmic.">
      <label class="pick-one"><span>Lines</span>
        <select value={place} onChange={(e) => setPlace(e.currentTarget.value)}>
          <option value="">runs, all regions together</option>
          {report.regions.length > 1 && <option value="regions">regions, {choice.shown.title}</option>}
          {report.regions.map((r) => <option key={r.id} value={r.id}>runs, {r.city} ({r.id})</option>)}
        </select>
      </label>
      {xs.length === 0 ? <Empty>No request was made here.</Empty>
        : <Chart title="Time to first byte" xs={xs} lines={lines} format={percent} theme={theme} scale="ratio" axis={LATENCY} />}
      {left > 0 && <p class="quiet">{left} more {place === "regions" ? "regions, with fewer requests," : "runs"} are not drawn; the tables have all of them.</p>}
    </Part>
  );
}
