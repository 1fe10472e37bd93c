import { geoPath } from "d3-geo";
import type { Route } from "../api/answers";
import type { PopView } from "../live/state";
import { useWidth } from "../parts/use_width";
import { Ground } from "./ground";
import { projection, project, VIEW_BOX, WIDTH } from "./projection";
import { mark, outline } from "./shapes";

const line = geoPath(projection).digits(1);

// The client, the PoPs that were thought of, and the great circle to the chosen one.
export function RouteMap({ route, pops }: { readonly route: Route; readonly pops: readonly PopView[] }) {
  const { ref, width } = useWidth<HTMLDivElement>();
  const unit = width === 0 ? 1 : WIDTH / width;
  const { latitude, longitude } = route.place;
  const from = latitude === undefined || longitude === undefined ? null : [longitude, latitude] as const;
  const states = new Map(route.candidates.map((c) => [c.pop, c.state]));
  const way = (pop: PopView): string => from === null ? "" : line({
    type: "LineString", coordinates: [[from[0], from[1]], [pop.place.longitude, pop.place.latitude]],
  }) ?? "";
  const seen = pops.filter((p) => states.has(p.place.id));
  const client = from && project(from[0], from[1]);
  return (
    <div class="map small" ref={ref}>
      <svg viewBox={VIEW_BOX} role="img"
           aria-label={from === null ? "The client’s place is unknown" : `From the client to ${route.pop ?? "no PoP"}`}>
        <Ground />
        {seen.map((pop) => (
          <path key={`way ${pop.place.id}`} class={`way ${pop.place.id === route.pop ? "chosen" : ""}`} d={way(pop)} />
        ))}
        {seen.map((pop) => {
          const { x, y } = project(pop.place.longitude, pop.place.latitude);
          const state = states.get(pop.place.id)!;
          const chosen = pop.place.id === route.pop;
          const r = chosen ? 7 : 4.5;
          return (
            <g key={pop.place.id} class={`marker ${state}`} transform={`translate(${x} ${y}) scale(${unit})`}>
              <path class="halo" d={outline(state, r + 2.5)} />
              <path class="body" d={outline(state, r)} />
              <path class="cross" d={mark(state, r)} />
              {chosen && <text x={11} y={4} font-size="12" stroke-width="3"><tspan class="name">{pop.place.id}</tspan></text>}
            </g>
          );
        })}
        {client && (
          <g class="client" transform={`translate(${client.x} ${client.y}) scale(${unit})`}>
            <circle r={6} /><circle class="dot" r={2} />
          </g>
        )}
      </svg>
    </div>
  );
}
