import { geoPath } from "d3-geo";
import { useMemo, useState } from "preact/hooks";
import { count, percent } from "../../src/figures/format";
import { Ground } from "../../src/map/ground";
import { placeLabels } from "../../src/map/labels";
import { HEIGHT, project, projection, TOP, VIEW_BOX, WIDTH } from "../../src/map/projection";
import { markerSize, outline, radius } from "../../src/map/shapes";
import { useWidth } from "../../src/parts/use_width";
import { flows, type Choice, type Flow } from "../data/figures";
import type { Place, PopRun, RegionRun, Report } from "../data/report";
import { milliseconds } from "../data/words";
import { Part } from "../parts/part";
import { SortedTable, type Column } from "../parts/sorted_table";

const MOST_LINES = 600; // more of them is a grey map
const path = geoPath(projection).digits(1);

interface Shown {
  readonly kind: "region" | "pop";
  readonly id: string;
}

export function WorldPart({ report, choice: { shown } }: { readonly report: Report; readonly choice: Choice }) {
  const all = useMemo(() => flows(shown), [shown]);
  return (
    <Part id="world" title="Who is answered where"
          about={all.length === 0 ? `${shown.title}: clients ask the origin itself.`
            : `${shown.title}. Rings are regions, discs are PoPs with their hit ratio; the thicker a line, the more requests.`}>
      <FlowMap report={report} run={{ regions: shown.regions, pops: shown.pops }} all={all} />
      {all.length > 0 && <FlowTable report={report} all={all} />}
    </Part>
  );
}

interface MapProps {
  readonly report: Report;
  readonly run: { readonly regions: readonly RegionRun[]; readonly pops: readonly PopRun[] };
  readonly all: readonly Flow[];
}

function FlowMap({ report, run, all }: MapProps) {
  const { ref, width } = useWidth<HTMLDivElement>();
  const [shown, setShown] = useState<Shown | null>(null);
  const unit = width === 0 ? 1 : WIDTH / width;
  const active = report.pops.filter((pop) => run.pops.some((p) => p.id === pop.id));
  const size = markerSize(width, active.length);
  const points = useMemo(() => active.map((p) => project(p.longitude, p.latitude)), [report, run.pops]);
  const labels = useMemo(() => {
    const longest = Math.max(3, ...active.map((p) => p.id.length));
    const box = { width: (longest + 9) * 6.3 * unit, height: 14 * unit, gap: (4 + 15 * size) * unit };
    return placeLabels(points, box, { left: 0, right: WIDTH, top: TOP, bottom: TOP + HEIGHT });
  }, [points, unit, size]);
  const pops = new Map(run.pops.map((p) => [p.id, p]));
  const busiest = Math.max(1, ...run.pops.map((p) => p.stats.requests));
  return (
    <div class="map" ref={ref} onMouseLeave={() => setShown(null)}>
      <svg viewBox={VIEW_BOX} role="img" aria-label={mapWords(report, all)}>
        <Ground />
        <Lines report={report} all={all} shown={shown} />
        {report.origins.map((origin) => <OriginMark key={origin.id} place={origin} unit={unit} />)}
        {active.map((pop, i) => {
          const { x, y } = points[i]!;
          const label = labels[i];
          const stats = pops.get(pop.id)!.stats;
          return (
            <g key={pop.id} class="marker active" onMouseEnter={() => setShown({ kind: "pop", id: pop.id })}>
              <g transform={`translate(${x.toFixed(1)} ${y.toFixed(1)}) scale(${unit.toFixed(4)})`}>
                <path class="halo" d={outline("active", radius(stats.requests / busiest, size) + 3 * size)} />
                <path class="body" d={outline("active", radius(stats.requests / busiest, size))} />
              </g>
              {label && (
                <text x={label.x.toFixed(1)} y={label.y.toFixed(1)} text-anchor={label.anchor}
                      font-size={(11.5 * unit).toFixed(2)} stroke-width={(3 * unit).toFixed(2)}>
                  <tspan class="name">{pop.id}</tspan> <tspan class="reading">{percent(stats.hit_ratio)}</tspan>
                </text>
              )}
            </g>
          );
        })}
        {report.regions.map((region) => (
          <RegionMark key={region.id} place={region} unit={unit} onPoint={() => setShown({ kind: "region", id: region.id })} />
        ))}
      </svg>
      {shown && <Card report={report} run={run} shown={shown} all={all} />}
    </div>
  );
}

function mapWords(report: Report, all: readonly Flow[]): string {
  if (all.length === 0) return `World map with ${report.regions.length} regions`;
  return `World map with ${report.regions.length} regions and the PoPs that answer them; the table below says the same`;
}

function RegionMark({ place, unit, onPoint }: { readonly place: Place; readonly unit: number; readonly onPoint: () => void }) {
  const { x, y } = project(place.longitude, place.latitude);
  return (
    <g class="client" transform={`translate(${x.toFixed(1)} ${y.toFixed(1)}) scale(${unit.toFixed(4)})`} onMouseEnter={onPoint}>
      <circle class="aim" r={9} /><circle class="ring" r={4} />
    </g>
  );
}

function OriginMark({ place, unit }: { readonly place: Place; readonly unit: number }) {
  const { x, y } = project(place.longitude, place.latitude);
  return (
    <g class="origin" transform={`translate(${x.toFixed(1)} ${y.toFixed(1)}) scale(${unit.toFixed(4)})`}>
      <path d="M-6,0L0,-6L6,0L0,6Z" />
      <text x={0} y={19} text-anchor="middle" font-size="11.5" stroke-width="3"><tspan class="name">origin {place.id}</tspan></text>
    </g>
  );
}

function Lines({ report, all, shown }: { readonly report: Report; readonly all: readonly Flow[]; readonly shown: Shown | null }) {
  const drawn = useMemo(() => {
    const regions = new Map(report.regions.map((r) => [r.id, r]));
    const pops = new Map(report.pops.map((p) => [p.id, p]));
    const most = Math.max(1, all[0]?.requests ?? 1);
    return all.slice(0, MOST_LINES).flatMap((flow) => {
      const from = regions.get(flow.region);
      const to = pops.get(flow.pop);
      if (!from || !to) return [];
      const d = path({ type: "LineString", coordinates: [[from.longitude, from.latitude], [to.longitude, to.latitude]] }) ?? "";
      return [{ flow, d, width: 0.6 + 4.4 * Math.sqrt(flow.requests / most) }];
    });
  }, [report, all]);
  const belongs = (flow: Flow): boolean =>
    shown === null || (shown.kind === "pop" ? flow.pop === shown.id : flow.region === shown.id);
  return (
    <g class="flows">
      {drawn.map(({ flow, d, width }) => (
        <path key={`${flow.region} ${flow.pop}`} class={belongs(flow) ? "flow" : "flow faint"} d={d} stroke-width={width.toFixed(2)} />
      ))}
    </g>
  );
}

const NAMED = 4;

function Card({ report, run, shown, all }: MapProps & { readonly shown: Shown }) {
  const isPop = shown.kind === "pop";
  const place = (isPop ? report.pops : report.regions).find((p) => p.id === shown.id);
  const stats = (isPop ? run.pops : run.regions).find((p) => p.id === shown.id)?.stats;
  const own = all.filter((flow) => (isPop ? flow.pop : flow.region) === shown.id);
  return (
    <div class="map-card" aria-hidden="true">
      <strong>{place?.city} <span class="id">{shown.id}</span></strong>
      {stats && (
        <dl>
          <dt>Requests</dt><dd>{count(stats.requests)}</dd>
          <dt>Hit ratio</dt><dd>{percent(stats.hit_ratio)}</dd>
          <dt>p50</dt><dd>{milliseconds(stats.latency_ms.p50)}</dd>
          <dt>p95</dt><dd>{milliseconds(stats.latency_ms.p95)}</dd>
          {own.slice(0, NAMED).map((flow) => (
            <><dt>{isPop ? `from ${flow.region}` : `at ${flow.pop}`}</dt><dd>{isPop ? count(flow.requests) : percent(flow.share)}</dd></>
          ))}
        </dl>
      )}
    </div>
  );
}

function FlowTable({ report, all }: { readonly report: Report; readonly all: readonly Flow[] }) {
  const columns = useMemo((): readonly Column<Flow>[] => {
    const named = (places: readonly Place[]) => {
      const cities = new Map(places.map((p) => [p.id, p.city]));
      return (id: string): string => `${cities.get(id) ?? ""} ${id}`.trim();
    };
    const region = named(report.regions);
    const pop = named(report.pops);
    return [
      { head: "Region", key: (f) => region(f.region), cell: (f) => region(f.region) },
      { head: "PoP", key: (f) => pop(f.pop), cell: (f) => pop(f.pop) },
      { head: "Requests", key: (f) => f.requests, cell: (f) => count(f.requests) },
      { head: "Of the region’s", key: (f) => f.share, cell: (f) => percent(f.share) },
    ];
  }, [report]);
  return (
    <details>
      <summary>The same as a table</summary>
      <SortedTable label="Table of regions and their PoPs" rows={all} columns={columns} idOf={(f) => `${f.region} ${f.pop}`} find="flows" />
    </details>
  );
}
