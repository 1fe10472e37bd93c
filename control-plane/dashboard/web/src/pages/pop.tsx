import { useMemo } from "preact/hooks";
import type { Node, Pop } from "../api/answers";
import type { PopSample, Series, Window } from "../api/figures";
import { HistogramChart } from "../chart/histogram_chart";
import { Chart } from "../chart/chart";
import { bytes, cores, count, percent, perSecond, plural, seconds } from "../figures/format";
import { times } from "../figures/series";
import { popViews } from "../live/state";
import { useAnswer } from "../live/use_answer";
import { useSeries } from "../live/use_series";
import { address } from "../location";
import { FigureTiles } from "../parts/figure_tiles";
import { Empty, Notice } from "../parts/notice";
import { StateMark } from "../parts/state_mark";
import { TrafficCharts } from "../parts/traffic_charts";
import { WindowChoice } from "../parts/window_choice";
import type { Theme } from "../theme";
import type { PageProps } from "./page";

interface Props extends PageProps {
  readonly pop: string;
  readonly window: Window;
}

const NODES_EVERY_MS = 2_000;

export function PopPage({ live, theme, pop: id, window }: Props) {
  const { series, problem } = useSeries(window, id, live.trail);
  const fleet = useAnswer<{ pops: readonly Pop[] }>("/v1/pops", NODES_EVERY_MS);
  const view = useMemo(() => popViews(live), [live.layout, live.sample]).find((p) => p.place.id === id);
  const detail = fleet.value?.pops.find((p) => p.id === id) ?? null;
  const charts = useMemo(
    () => (series === null ? null : <TrafficCharts series={series} theme={theme} />), [series, theme]);
  if (live.layout !== null && view === undefined) {
    return (
      <>
        <header class="page-head"><h1>{id}</h1></header>
        <Empty>The configuration has no PoP “{id}”. <a href={address({ page: "overview", window })}>All PoPs</a></Empty>
      </>
    );
  }
  const now = view?.now ?? null;
  return (
    <>
      <header class="page-head">
        <h1>{view?.place.city || id} <span class="id">{id}</span></h1>
        {view && <p class="health"><StateMark state={view.state} worded /> {view.place.endpoints.join(", ")}</p>}
        <WindowChoice window={window} href={(w) => address({ page: "pop", pop: id, window: w })} />
      </header>
      <Problems nodes={detail?.nodes ?? []} current={live.layout?.snapshot_version ?? null} />
      <FigureTiles label={`PoP ${id}`} now={now} series={series} window={window} />
      {problem !== null && <Notice kind="warning" title="The past cannot be shown">{problem}</Notice>}
      <section class="charts" aria-label="The past">
        {charts ?? [0, 1, 2, 3].map((i) => <div key={i} class="chart waiting" aria-hidden="true" />)}
        <Latency series={series} />
        <Cache now={now} series={series} theme={theme} />
      </section>
      <Nodes nodes={detail?.nodes ?? null} problem={fleet.problem} current={live.layout?.snapshot_version ?? null} />
    </>
  );
}

// What is wrong with the nodes, as sentences.
export function problemsOf(nodes: readonly Node[], current: number | null): string[] {
  const found: string[] = [];
  for (const node of nodes) {
    const name = `Node ${node.node}`;
    if (node.state === "down") {
      found.push(`${name} has not been heard of for ${seconds(node.last_seen_ms / 1000)}.`);
      continue;
    }
    if (node.state === "not-serving") found.push(`${name} does not serve: ${node.detail || "it gives no reason"}.`);
    if (node.snapshot_refused !== "") found.push(`${name} refused the configuration: ${node.snapshot_refused}`);
    else if (current !== null && node.snapshot_version !== current) {
      found.push(`${name} has configuration ${node.snapshot_version}, the present one is ${current}.`);
    }
    for (const origin of node.origins) {
      if (!origin.reachable) {
        found.push(`${name} cannot reach origin ${origin.id}${origin.detail ? `: ${origin.detail}` : ""}.`);
      }
    }
  }
  return found;
}

function Problems({ nodes, current }: { readonly nodes: readonly Node[]; readonly current: number | null }) {
  const found = problemsOf(nodes, current);
  if (found.length === 0) return null;
  return (
    <Notice kind="problem" title={plural(found.length, "problem")}>
      <ul>{found.map((sentence) => <li key={sentence}>{sentence}</li>)}</ul>
    </Notice>
  );
}

function Latency({ series }: { readonly series: Series | null }) {
  const empty = series !== null && series.ttfb_hit.length + series.ttfb_miss.length === 0;
  return (
    <figure class="chart latency">
      <figcaption><h3>Time to first byte, whole window</h3></figcaption>
      {empty || series === null
        ? <Empty>{series === null ? "" : "Nothing was asked for in this window."}</Empty>
        : <HistogramChart rows={[
            { label: "Hits", kind: "hits", histogram: series.ttfb_hit },
            { label: "Misses", kind: "misses", histogram: series.ttfb_miss },
          ]} />}
    </figure>
  );
}

function Cache({ now, series, theme }: { readonly now: PopSample | null; readonly series: Series | null; readonly theme: Theme }) {
  const used = now?.cache_bytes ?? null;
  const capacity = now?.cache_capacity ?? 0;
  const share = used === null || capacity === 0 ? null : used / capacity;
  return (
    <div class="chart cache">
      <div class="meter-line">
        <h3>Cache</h3>
        <span class="reading">{bytes(used)} of {bytes(capacity || null)} · {count(now?.cache_objects ?? null)} objects</span>
      </div>
      <div class="meter" role="meter" aria-label="Cache in use" aria-valuemin={0} aria-valuemax={100}
           aria-valuenow={Math.round((share ?? 0) * 100)} aria-valuetext={percent(share)}>
        <span class="reading" style={{ width: `${Math.min(1, share ?? 0) * 100}%` }} />
      </div>
      {series && (
        <Chart title="Evictions" xs={times(series)} format={perSecond} theme={theme}
               lines={[{ label: "objects evicted", colour: "--stale", values: series.columns.cache_evictions }]} />
      )}
    </div>
  );
}

interface NodesProps {
  readonly nodes: readonly Node[] | null;
  readonly problem: string | null;
  readonly current: number | null;
}

function Nodes({ nodes, problem, current }: NodesProps) {
  return (
    <section class="panel" aria-label="Nodes">
      <h2>Nodes</h2>
      {problem !== null && <Notice kind="warning" title="The nodes cannot be shown as they are now">{problem}</Notice>}
      {nodes !== null && nodes.length === 0 && <Empty>No node of this PoP has joined since the control plane started.</Empty>}
      {nodes !== null && nodes.length > 0 && (
        <div class="scroll" tabIndex={0} role="region" aria-label="Table of nodes">
          <table>
            <thead>
              <tr>
                <th scope="col">Node</th><th scope="col">State</th><th scope="col">Configuration</th>
                <th scope="col">Origins</th><th scope="col" class="n">Connections</th>
                <th scope="col" class="n">In flight</th><th scope="col" class="n">CPU</th>
                <th scope="col">Listens on</th><th scope="col">Version</th>
              </tr>
            </thead>
            <tbody>{nodes.map((node) => <NodeRow key={node.node} node={node} current={current} />)}</tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function NodeRow({ node, current }: { readonly node: Node; readonly current: number | null }) {
  const old = current !== null && node.snapshot_version !== current;
  const away = node.state === "down";
  return (
    <tr>
      <th scope="row">{node.node}</th>
      <td><StateMark state={node.state} worded /></td>
      <td class={node.snapshot_refused || old ? "warn" : ""}>
        {node.snapshot_refused ? "refused" : old ? `${node.snapshot_version}, not ${current}` : node.snapshot_version}
      </td>
      <td>
        {node.origins.length === 0 ? "–" : node.origins.map((origin) => (
          <span key={origin.id} class={`chip ${origin.reachable ? "" : "bad"}`} title={origin.detail}>
            {origin.id}{origin.reachable ? "" : " unreachable"}
          </span>
        ))}
      </td>
      <td class="n reading">{away ? "–" : count(node.connections)}</td>
      <td class="n reading">{away ? "–" : count(node.requests_in_flight)}</td>
      <td class="n reading">{away ? "–" : cores(node.cpu_millicores)}</td>
      <td>{node.listens.join(", ")}</td>
      <td>{node.version}</td>
    </tr>
  );
}
