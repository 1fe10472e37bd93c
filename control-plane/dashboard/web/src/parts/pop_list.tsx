import { useMemo, useState } from "preact/hooks";
import type { Sample, Window } from "../api/figures";
import { count, microseconds, percent } from "../figures/format";
import { hitRatio } from "../figures/ratio";
import type { PopView } from "../live/state";
import { address } from "../location";
import { StateMark } from "./state_mark";

const COLUMNS = ["pop", "requests", "hit", "p95"] as const;
type Column = (typeof COLUMNS)[number];
const HEADS: Record<Column, string> = { pop: "PoP", requests: "Req/s", hit: "Hit ratio", p95: "p95" };

function key(pop: PopView, column: Column): number {
  if (pop.now === null) return -1;
  switch (column) {
    case "pop": return 0;
    case "requests": return pop.now.requests ?? -1;
    case "hit": return hitRatio(pop.now) ?? -1;
    case "p95": return pop.now.p95_us ?? -1;
  }
}

const URGENCY = { down: 0, "not-serving": 1, draining: 2, "admin-down": 3, active: 4 } as const;

// Order for reading: what has a problem first, then as configured, or by a column, largest first.
export function ordered(pops: readonly PopView[], column: Column): PopView[] {
  return [...pops].sort((a, b) =>
    column === "pop" ? URGENCY[a.state] - URGENCY[b.state] : key(b, column) - key(a, column));
}

export function matches(pop: PopView, text: string): boolean {
  const wanted = text.trim().toLowerCase();
  return [pop.place.id, pop.place.city, pop.place.country, pop.state].some((s) => s.toLowerCase().includes(wanted));
}

const REORDER_MS = 5_000; // rows that change places every second cannot be read
const FILTER_FROM = 12;

interface Props {
  readonly pops: readonly PopView[];
  readonly sample: Sample | null;
  readonly window: Window;
}

export function PopList({ pops, sample, window }: Props) {
  const [column, setColumn] = useState<Column>("pop");
  const [text, setText] = useState("");
  const beat = Math.floor((sample?.time_ms ?? 0) / REORDER_MS);
  const states = pops.map((p) => p.place.id + p.state).join(" ");
  const order = useMemo(() => ordered(pops, column).map((p) => p.place.id), [column, beat, states]);
  const byId = new Map(pops.map((p) => [p.place.id, p]));
  const rows = order.flatMap((id) => byId.get(id) ?? []).filter((p) => matches(p, text));
  return (
    <div class="pop-list">
      {pops.length >= FILTER_FROM && (
        <input type="search" placeholder={`Find one of ${pops.length} PoPs`} aria-label="Find a PoP" value={text}
               onInput={(e) => setText(e.currentTarget.value)} />
      )}
      <div class="scroll" tabIndex={0} role="region" aria-label="PoPs">
        <table>
          <thead>
            <tr>
              {COLUMNS.map((c) => (
                <th key={c} scope="col" class={c === "pop" ? "" : "n"} aria-sort={c === column ? (c === "pop" ? "ascending" : "descending") : undefined}>
                  <button type="button" onClick={() => setColumn(c)}>{HEADS[c]}</button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ place, state, now }) => (
              <tr key={place.id}>
                <th scope="row">
                  <a href={address({ page: "pop", pop: place.id, window })}>
                    <StateMark state={state} /> <span class="id">{place.id}</span> <span class="city">{place.city}</span>
                  </a>
                </th>
                <td class="n reading">{count(now?.requests ?? null)}</td>
                <td class="n reading">{percent(now && hitRatio(now))}</td>
                <td class="n reading">{microseconds(now?.p95_us ?? null)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {rows.length === 0 && <p class="quiet">No PoP matches “{text}”.</p>}
      </div>
    </div>
  );
}
