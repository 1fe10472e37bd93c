import { useMemo } from "preact/hooks";
import type { Window } from "../api/figures";
import { useSeries } from "../live/use_series";
import { popViews, troubled, type PopView } from "../live/state";
import { address } from "../location";
import { FleetMap } from "../map/fleet_map";
import { STATE_WORDS } from "../map/shapes";
import { FigureTiles } from "../parts/figure_tiles";
import { Empty, Notice } from "../parts/notice";
import { PopList } from "../parts/pop_list";
import { StateMark } from "../parts/state_mark";
import { TrafficCharts } from "../parts/traffic_charts";
import { WindowChoice } from "../parts/window_choice";
import type { PageProps } from "./page";

const NAMED = 6; // of the PoPs with a problem; the table has the others

function Health({ pops }: { readonly pops: readonly PopView[] }) {
  const bad = troubled(pops);
  if (pops.length === 0) return null;
  if (bad.length === 0) return <p class="health"><StateMark state="active" /> All {pops.length} PoPs take requests</p>;
  const worst = bad[0]!;
  return (
    <p class="health">
      <StateMark state={worst.state} /> {pops.length - bad.length} of {pops.length} PoPs take requests;{" "}
      {bad.slice(0, NAMED).map((p) => `${p.place.id} ${STATE_WORDS[p.state]}`).join(", ")}
      {bad.length > NAMED && ` and ${bad.length - NAMED} more`}
    </p>
  );
}

export function Overview({ live, theme, window }: PageProps & { readonly window: Window }) {
  const { series, problem } = useSeries(window, null, live.trail);
  const pops = useMemo(() => popViews(live), [live.layout, live.sample]);
  const charts = useMemo(
    () => (series === null ? null : <TrafficCharts series={series} theme={theme} />), [series, theme]);
  return (
    <>
      <header class="page-head">
        <h1>Overview</h1>
        <Health pops={pops} />
        <WindowChoice window={window} href={(w) => address({ page: "overview", window: w })} />
      </header>
      <FigureTiles label="All PoPs together" now={live.sample?.total ?? null} series={series} window={window} />
      <section class="panel fleet" aria-label="PoPs">
        <FleetMap pops={pops} window={window} />
        {live.layout !== null && pops.length === 0
          ? <Empty>The configuration names no PoP.</Empty>
          : <PopList pops={pops} sample={live.sample} window={window} />}
      </section>
      {problem !== null && <Notice kind="warning" title="The past cannot be shown">{problem}</Notice>}
      <section class="charts" aria-label="The past">
        {charts ?? [0, 1, 2, 3].map((i) => <div key={i} class="chart waiting" aria-hidden="true" />)}
      </section>
    </>
  );
}
