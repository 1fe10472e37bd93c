import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Column } from "../api/figures";
import type { Theme } from "../theme";
import { useWidth } from "../parts/use_width";
import { options, clockOf, CHART_HEIGHT, type Look } from "./options";
import { latest, stacked } from "./stack";

export interface Line {
  readonly label: string;
  readonly colour: string; // name of a custom property
  readonly values: Column;
}

interface Props {
  readonly title: string;
  readonly times: readonly number[]; // s
  readonly lines: readonly Line[];
  readonly format: (value: number | null) => string;
  readonly theme: Theme;
  readonly stacked?: boolean;
  readonly scale?: Look["scale"];
}

// Values over time. The legend is text: what is under the pointer, else the latest.
export function Chart({ title, times, lines, format, theme, stacked: pile = false, scale = "linear" }: Props) {
  const { ref, width } = useWidth<HTMLDivElement>();
  const plot = useRef<uPlot | null>(null);
  const [cursor, setCursor] = useState<number | null>(null);
  const columns = pile ? stacked(lines.map((l) => l.values)) : lines.map((l) => l.values);
  const data = [times, ...columns] as unknown as uPlot.AlignedData;
  const shape = `${theme} ${pile} ${scale} ${lines.map((l) => l.label).join()}`;
  const laidOut = width > 0;
  useEffect(() => {
    if (!laidOut || ref.current === null) return;
    const look = { lines, stacked: pile, scale, format };
    const made = new uPlot(options(look, ref.current.clientWidth, setCursor), data, ref.current);
    plot.current = made;
    return () => {
      made.destroy();
      plot.current = null;
    };
  }, [shape, laidOut]);
  useEffect(() => {
    if (plot.current && width > 0) plot.current.setSize({ width, height: CHART_HEIGHT });
  }, [width]);
  useEffect(() => plot.current?.setData(data), [times, lines]);

  const at = cursor !== null && cursor < times.length ? cursor : null;
  const value = (line: Line): number | null => (at === null ? latest(line.values) : (line.values[at] ?? null));
  return (
    <figure class="chart">
      <figcaption>
        <h3>{title}</h3>
        <span class="at">{at === null ? "latest" : clockOf(times[at]!)}</span>
      </figcaption>
      <div class="plot" ref={ref} role="img"
           aria-label={`${title} over time. Latest: ${lines.map((l) => `${l.label} ${format(latest(l.values))}`).join(", ")}`} />
      <ul class="legend">
        {lines.map((line) => (
          <li key={line.label}>
            <i class={`swatch c${line.colour}`} /> {line.label} <b class="reading">{format(value(line))}</b>
          </li>
        ))}
      </ul>
    </figure>
  );
}
