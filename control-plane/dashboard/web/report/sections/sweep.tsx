import { useMemo } from "preact/hooks";
import { Chart, type Line } from "../../src/chart/chart";
import type { Axis } from "../../src/chart/options";
import { percent } from "../../src/figures/format";
import type { Theme } from "../../src/theme";
import { colourAt } from "../colours";
import { sweepLines, type SweepLine } from "../data/figures";
import type { Run, Sweep } from "../data/report";
import { inUnit, parameterWords } from "../data/words";
import { Part } from "../parts/part";

interface Props {
  readonly sweep: Sweep;
  readonly runs: readonly Run[];
  readonly theme: Theme;
}

const DOUBLED = 4; // a parameter that grows at least so much is drawn by its doublings

const inSentence = (title: string): string => title.charAt(0).toLowerCase() + title.slice(1);

function axisOf(sweep: Sweep): Axis {
  const values = sweep.points.map((p) => p.value);
  const least = Math.min(...values);
  const text = (value: number): string => inUnit(sweep.unit, value);
  const log = least > 0 && Math.max(...values) / least >= DOUBLED;
  return { name: inSentence(sweep.title), distribution: log ? "log2" : "linear", tick: text, reading: text };
}

function drawnLines(lines: readonly SweepLine[], xs: readonly number[], pick: (p: SweepLine["points"][number]) => number | null): Line[] {
  return lines.map((line, i) => ({
    label: line.label || "all", colour: colourAt(i), dots: true,
    values: xs.map((x) => { const point = line.points.find((p) => p.value === x); return point ? pick(point) : null; }),
  }));
}

export function SweepPart({ sweep, runs, theme }: Props) {
  const axis = useMemo(() => axisOf(sweep), [sweep]);
  const { xs, lines, hit, bytes } = useMemo(() => {
    const found = sweepLines(sweep, runs, parameterWords);
    const values = [...new Set(sweep.points.map((p) => p.value))].sort((a, b) => a - b);
    return { xs: values, lines: found, hit: drawnLines(found, values, (p) => p.hit), bytes: drawnLines(found, values, (p) => p.bytes) };
  }, [sweep, runs]);
  return (
    <Part id="sweep" title={`Hit ratio against ${inSentence(sweep.title)}`}>
      <div class="charts">
        <Chart title="Hit ratio" xs={xs} lines={hit} format={percent} theme={theme} scale="ratio" axis={axis} />
        <Chart title="Byte hit ratio" xs={xs} lines={bytes} format={percent} theme={theme} scale="ratio" axis={axis} />
      </div>
      <div class="scroll" tabIndex={0} role="region" aria-label={`Table: ${sweep.title}`}>
        <table>
          <thead>
            <tr>
              <th scope="col">{sweep.title}</th>
              {lines.map((line) => <th key={line.label} scope="col" class="n">{line.label || "Hit ratio"}</th>)}
            </tr>
          </thead>
          <tbody>
            {xs.map((x) => (
              <tr key={x}>
                <th scope="row">{inUnit(sweep.unit, x)}</th>
                {lines.map((line) => <td key={line.label} class="n">{percent(line.points.find((p) => p.value === x)?.hit ?? null)}</td>)}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Part>
  );
}
