import { useMemo, useState } from "preact/hooks";
import { count, microseconds, percent, perSecond, bandwidth } from "../figures/format";
import { hitRatio } from "../figures/ratio";
import type { PopView } from "../live/state";
import { address, type Location } from "../location";
import { StateMark } from "../parts/state_mark";
import { useWidth } from "../parts/use_width";
import { Ground } from "./ground";
import { placeLabels } from "./labels";
import { HEIGHT, TOP, VIEW_BOX, WIDTH, project } from "./projection";
import { STATE_WORDS, mark, markerSize, outline, radius } from "./shapes";
import type { Window } from "../api/figures";

interface Props {
  readonly pops: readonly PopView[];
  readonly window: Window;
}

function reading(pop: PopView): string {
  return pop.state === "active" ? percent(pop.now && hitRatio(pop.now)) : STATE_WORDS[pop.state];
}

function describe(pop: PopView): string {
  const { place, now, state } = pop;
  const load = now === null ? "" : `, ${count(now.requests)} requests per second`;
  return `${place.id} ${reading(pop)}: ${place.city || "PoP"}, ${STATE_WORDS[state]}${load}`;
}

// Where the PoPs are: state by shape and colour, load by size, hit ratio as a label.
export function FleetMap({ pops, window }: Props) {
  const { ref, width } = useWidth<HTMLDivElement>();
  const [shown, setShown] = useState<string | null>(null);
  const unit = width === 0 ? 1 : WIDTH / width; // map units in a CSS pixel
  const places = pops.map((pop) => `${pop.place.id} ${pop.place.longitude} ${pop.place.latitude}`).join("\n");
  const points = useMemo(() => pops.map((p) => project(p.place.longitude, p.place.latitude)), [places]);
  const labels = useMemo(() => {
    const longest = Math.max(3, ...pops.map((p) => p.place.id.length));
    const size = { width: (longest + 9) * 6.3 * unit, height: 14 * unit, gap: (4 + 15 * markerSize(width, pops.length)) * unit };
    return placeLabels(points, size, { left: 0, right: WIDTH, top: TOP, bottom: TOP + HEIGHT });
  }, [points, unit, width]);
  const size = markerSize(width, pops.length);
  const busiest = Math.max(1, ...pops.map((pop) => pop.now?.requests ?? 0));
  const open = pops.find((pop) => pop.place.id === shown);
  return (
    <div class="map" ref={ref} onMouseLeave={() => setShown(null)}>
      <svg viewBox={VIEW_BOX} role="group" aria-label="World map with the PoPs; the table beside it says the same">
        <Ground />
        {pops.map((pop, i) => {
          const { x, y } = points[i]!;
          const label = labels[i];
          const r = radius((pop.now?.requests ?? 0) / busiest, size);
          const target: Location = { page: "pop", pop: pop.place.id, window };
          return (
            <a key={pop.place.id} class={`marker ${pop.state}`} href={address(target)} tabIndex={-1}
               aria-label={describe(pop)} onMouseEnter={() => setShown(pop.place.id)}>
              <g transform={`translate(${x.toFixed(1)} ${y.toFixed(1)}) scale(${unit.toFixed(4)})`}>
                <circle class="aim" r={Math.max(r, pops.length > 60 ? 7 : 12)} />
                <path class="halo" d={outline(pop.state, r + 3 * size)} />
                <path class="body" d={outline(pop.state, r)} />
                <path class="cross" d={mark(pop.state, r)} />
              </g>
              {label && (
                <text x={label.x.toFixed(1)} y={label.y.toFixed(1)} text-anchor={label.anchor}
                      font-size={(11.5 * unit).toFixed(2)} stroke-width={(3 * unit).toFixed(2)}>
                  <tspan class="name">{pop.place.id}</tspan>{" "}
                  <tspan class="reading">{reading(pop)}</tspan>
                </text>
              )}
            </a>
          );
        })}
      </svg>
      {open && <Card pop={open} />}
    </div>
  );
}

function Card({ pop: { place, state, now } }: { readonly pop: PopView }) {
  return (
    <div class="map-card" aria-hidden="true">
      <strong><StateMark state={state} /> {place.city || place.id}{place.country && `, ${place.country}`}</strong>
      <dl>
        <dt>Requests</dt><dd>{perSecond(now?.requests ?? null)}</dd>
        <dt>Hit ratio</dt><dd>{percent(now && hitRatio(now))}</dd>
        <dt>p95</dt><dd>{microseconds(now?.p95_us ?? null)}</dd>
        <dt>Out</dt><dd>{bandwidth(now?.bytes_out ?? null)}</dd>
      </dl>
    </div>
  );
}
