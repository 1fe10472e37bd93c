import { bytes, count, percent } from "../../src/figures/format";
import { Tile, Tiles } from "../../src/parts/tile";
import { differingParameters, type Choice } from "../data/figures";
import type { Report, Run } from "../data/report";
import { changeWords, milliseconds, parameterName, parameterValue } from "../data/words";
import { Part } from "../parts/part";
import { SortedTable, type Column } from "../parts/sorted_table";

interface Figure {
  readonly label: string;
  readonly name: string; // as in a comparison: it says the unit
  readonly of: (run: Run) => number | null;
  readonly text: (value: number | null) => string;
  readonly hint?: string;
}

const share = (part: number, whole: number): number | null => (whole > 0 ? part / whole : null);
const TTFB = "Time to first byte as the client sees it, with the connection where one had to be opened";

const FIGURES: readonly Figure[] = [
  { label: "Hit ratio", name: "hit_ratio", of: (r) => r.total.hit_ratio, text: percent, hint: "Requests answered from a cache, stale or not" },
  { label: "Byte hit ratio", name: "byte_hit_ratio", of: (r) => r.total.byte_hit_ratio, text: percent },
  { label: "Origin offload", name: "offload", of: (r) => r.origin.offload, text: percent, hint: "Bytes to clients that origins did not have to send" },
  { label: "Origin fetches", name: "origin_fetches", of: (r) => r.origin.fetches, text: count },
  { label: "Errors", name: "error_ratio", of: (r) => share(r.total.errors, r.total.requests), text: percent, hint: "Of the requests, those that failed" },
  { label: "TTFB mean", name: "mean_ms", of: (r) => r.total.latency_ms.mean, text: milliseconds, hint: TTFB },
  { label: "TTFB p50", name: "p50_ms", of: (r) => r.total.latency_ms.p50, text: milliseconds, hint: TTFB },
  { label: "TTFB p95", name: "p95_ms", of: (r) => r.total.latency_ms.p95, text: milliseconds, hint: TTFB },
  { label: "TTFB p99", name: "p99_ms", of: (r) => r.total.latency_ms.p99, text: milliseconds, hint: TTFB },
  { label: "Requests", name: "requests", of: (r) => r.total.requests, text: count },
];

export function Summary({ report, choice: { shown, against } }: { readonly report: Report; readonly choice: Choice }) {
  return (
    <Part id="summary" title="Summary" about={against ? <>{shown.title}, below each figure: {against.title}, and the change from it</> : shown.title}>
      <Tiles label={shown.title}>
        {FIGURES.map(({ label, name, of, text, hint }) => (
          <Tile key={label} label={label} value={text(of(shown))} {...(hint ? { hint } : {})}
                below={against && `${text(of(against))} · ${changeWords(name, of(against), of(shown))}`} />
        ))}
      </Tiles>
      {report.runs.length > 1 && <Runs report={report} shown={shown} />}
    </Part>
  );
}

function Runs({ report: { runs }, shown }: { readonly report: Report; readonly shown: Run }) {
  const parameters = differingParameters(runs).map((name): Column<Run> => ({
    head: parameterName(name),
    key: (run) => { const value = run.parameters[name] ?? null; return typeof value === "boolean" ? String(value) : value; },
    cell: (run) => parameterValue(name, run.parameters[name] ?? null),
  }));
  const columns: readonly Column<Run>[] = [
    { head: "Run", key: (run) => run.title, cell: (run) => run.title },
    ...parameters,
    ...FIGURES.map(({ label, of, text, hint }): Column<Run> => (
      { head: label, key: of, cell: (run) => text(of(run)), ...(hint ? { hint } : {}) })),
    { head: "From origins", key: (run) => run.origin.bytes, cell: (run) => bytes(run.origin.bytes) },
  ];
  return <SortedTable label="All runs" rows={runs} columns={columns} idOf={(run) => run.id} chosen={(run) => run === shown} find="runs" />;
}
