import { useMemo, useState } from "preact/hooks";
import type { ComponentChildren } from "preact";

export interface Column<Row> {
  readonly head: string;
  readonly cell: (row: Row) => ComponentChildren;
  readonly key: (row: Row) => number | string | null;
  readonly hint?: string;
}

interface Props<Row> {
  readonly label: string;
  readonly rows: readonly Row[]; // in the order in which they are shown at first
  readonly columns: readonly Column<Row>[]; // the first one names the row
  readonly idOf: (row: Row) => string;
  readonly chosen?: (row: Row) => boolean;
  readonly find?: string; // what is looked for, where there are many rows
}

const FIND_FROM = 16;

function compare(a: number | string | null, b: number | string | null): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1; // unknown at the end
  if (typeof a === "string" && typeof b === "string") return a.localeCompare(b);
  return Number(b) - Number(a);
}

// A table whose heads sort it: numbers from the largest, words from A.
export function SortedTable<Row>({ label, rows, columns, idOf, chosen, find }: Props<Row>) {
  const [by, setBy] = useState<number | null>(null);
  const [text, setText] = useState("");
  const numeric = columns.map((column) => rows.some((row) => typeof column.key(row) === "number"));
  const order = useMemo(() => {
    const column = by === null ? undefined : columns[by];
    return column === undefined ? rows : [...rows].sort((a, b) => compare(column.key(a), column.key(b)));
  }, [rows, columns, by]);
  const wanted = text.trim().toLowerCase();
  const shown = wanted === "" ? order
    : order.filter((row) => columns.some((c) => String(c.key(row) ?? "").toLowerCase().includes(wanted)));
  const side = (i: number): string => (numeric[i] ? "n" : "");
  return (
    <div class="sorted">
      {find !== undefined && rows.length >= FIND_FROM && (
        <input type="search" placeholder={`Find one of ${rows.length} ${find}`} aria-label={`Find one of the ${find}`}
               value={text} onInput={(e) => setText(e.currentTarget.value)} />
      )}
      <div class="scroll tall" tabIndex={0} role="region" aria-label={label}>
        <table>
          <thead>
            <tr>
              {columns.map((column, i) => (
                <th key={column.head} scope="col" class={side(i)} title={column.hint}
                    aria-sort={i === by ? (numeric[i] ? "descending" : "ascending") : undefined}>
                  <button type="button" onClick={() => setBy(i === by ? null : i)}>{column.head}</button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <tr key={idOf(row)} class={chosen?.(row) ? "chosen" : ""}>
                {columns.map((column, i) => i === 0
                  ? <th key={column.head} scope="row">{column.cell(row)}</th>
                  : <td key={column.head} class={side(i)}>{column.cell(row)}</td>)}
              </tr>
            ))}
          </tbody>
        </table>
        {shown.length === 0 && <p class="quiet">Nothing matches “{text}”.</p>}
      </div>
    </div>
  );
}
