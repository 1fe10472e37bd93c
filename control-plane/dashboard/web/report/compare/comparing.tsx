import { useEffect, useMemo } from "preact/hooks";
import { Empty } from "../../src/parts/notice";
import { useTheme } from "../../src/theme";
import { addressWith, useQuery, useScroll } from "../address";
import { betterWhen, verdictOf, type Verdict } from "../data/figures";
import type { ComparedRow, Comparison } from "../data/report";
import { figureDifference, figureName, figureValue } from "../data/words";
import { Bar } from "../parts/bar";
import { Part } from "../parts/part";
import { Interval, spanOf } from "./interval";

const VERDICTS: Record<Verdict, string> = {
  better: "better", worse: "worse", other: "different", same: "no difference to see", unknown: "no interval",
};
const DIRECTIONS = { lower: "Lower is better.", higher: "Higher is better.", neither: "" } as const;
const ALL = "all regions together";

// Figures in the order of the file; within one, all regions together first, then the largest difference.
export function byFigure(rows: readonly ComparedRow[]): (readonly [string, readonly ComparedRow[]])[] {
  const together = (row: ComparedRow): boolean => row.region === "" || row.region === "total";
  return [...new Set(rows.map((row) => row.figure))].map((figure) => [
    figure,
    rows.filter((row) => row.figure === figure).sort((a, b) =>
      Number(together(b)) - Number(together(a)) || Math.abs(b.difference ?? 0) - Math.abs(a.difference ?? 0)),
  ]);
}

export function Comparing({ comparison }: { readonly comparison: Comparison }) {
  const { a, b, rows } = comparison;
  const themes = useTheme();
  const query = useQuery();
  const figures = useMemo(() => byFigure(rows), [rows]);
  useScroll(query.get("at"));
  useEffect(() => { document.title = `${a} and ${b} – Atoll lab`; }, []);
  return (
    <>
      <Bar parts={figures.map(([figure]) => [figure, figureName(figure)])} query={query} themes={themes} />
      <main>
        <header class="report-head">
          <h1>{a} and {b} compared</h1>
          <p>Differences are {b} less {a}, with the 95 % interval of a bootstrap. Where the interval has zero in it, there is no difference to see.</p>
        </header>
        <Verdicts rows={rows} />
        {rows.length === 0 && <Empty>The two reports have no figure in common.</Empty>}
        {figures.map(([figure, own]) => <FigurePart key={figure} figure={figure} rows={own} comparison={comparison} />)}
      </main>
    </>
  );
}

function Verdicts({ rows }: { readonly rows: readonly ComparedRow[] }) {
  const counts = new Map<Verdict, number>();
  for (const row of rows) counts.set(verdictOf(row), (counts.get(verdictOf(row)) ?? 0) + 1);
  const query = new URLSearchParams();
  return rows.length === 0 ? null : (
    <ul class="verdicts" aria-label="Verdicts">
      {(Object.keys(VERDICTS) as Verdict[]).filter((v) => counts.has(v)).map((v) => (
        <li key={v} class={`verdict ${v}`}><b>{counts.get(v)}</b> {VERDICTS[v]}</li>
      ))}
      <li class="quiet">of {rows.length} figures; first: <a href={addressWith(query, { at: rows[0]!.figure })}>{figureName(rows[0]!.figure)}</a></li>
    </ul>
  );
}

interface FigureProps {
  readonly figure: string;
  readonly rows: readonly ComparedRow[];
  readonly comparison: Comparison;
}

function FigurePart({ figure, rows, comparison: { a, b } }: FigureProps) {
  const span = spanOf(rows);
  const name = figureName(figure);
  return (
    <Part id={figure} title={name.charAt(0).toUpperCase() + name.slice(1)} about={DIRECTIONS[betterWhen(figure)]}>
      <div class="scroll tall" tabIndex={0} role="region" aria-label={`Table: ${name}`}>
        <table class="bars">
          <thead>
            <tr>
              <th scope="col">Region</th><th scope="col" class="n">{a}</th><th scope="col" class="n">{b}</th>
              <th scope="col" class="n">Difference</th><th scope="col" class="n">95 % interval</th>
              <th scope="col" class="wide">{figureDifference(figure, -span)} to {figureDifference(figure, span)}</th><th scope="col">Verdict</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => {
              const verdict = verdictOf(row);
              return (
                <tr key={row.region}>
                  <th scope="row">{row.region === "" || row.region === "total" ? ALL : row.region}</th>
                  <td class="n">{figureValue(figure, row.a)}</td>
                  <td class="n">{figureValue(figure, row.b)}</td>
                  <td class="n">{figureDifference(figure, row.difference)}</td>
                  <td class="n">{row.low === null ? "–" : `${figureDifference(figure, row.low)} … ${figureDifference(figure, row.high)}`}</td>
                  <td class="wide"><Interval row={row} span={span} verdict={verdict} /></td>
                  <td><span class={`verdict ${verdict}`}>{VERDICTS[verdict]}</span></td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </Part>
  );
}
