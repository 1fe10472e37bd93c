import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Column } from "../api/figures";
import type { Theme } from "../theme";
import { useWidth } from "../parts/use_width";
import { options, CHART_HEIGHT, CLOCK, type Axis, type Look, type Mark } from "./options";
import { latest, stacked } from "./stack";

export interface Line {
  readonly label: string;
  readonly colour: string; // name of a custom property
  readonly values: Column;
  readonly dots?: boolean; // each value is a point of its own, and there is a line over gaps
  readonly summary?: string; // said while nothing is pointed at, instead of the latest value
}

interface Props {
  readonly title: string;
  readonly xs: readonly number[]; // from left to right; seconds where `axis` is not given
  readonly lines: readonly Line[];
  readonly format: (value: number | null) => string;
  readonly theme: Theme;
  readonly stacked?: boolean;
  readonly scale?: Look["scale"];
  readonly axis?: Axis;
  readonly marks?: readonly Mark[];
}

const NO_MARKS: readonly Mark[] = [];

// Values over time, or over something else. The legend is text: what is under the pointer, else the latest.
export function Chart(props: Props) {
  const { title, xs, lines, format, theme, stacked: pile = false, scale = "linear", axis = CLOCK, marks = NO_MARKS } = props;
  const { ref, width } = useWidth<HTMLDivElement>();
  const plot = useRef<uPlot | null>(null);
  const [cursor, setCursor] = useState<number | null>(null);
  const columns = pile ? stacked(lines.map((l) => l.values)) : lines.map((l) => l.values);
  const data = [xs, ...columns] as unknown as uPlot.AlignedData;
  const shape = [theme, pile, scale, axis.name, ...lines.map((l) => l.label + l.colour), ...marks.map((m) => m.at)].join();
  const laidOut = width > 0;
  useEffect(() => {
    if (!laidOut || ref.current === null) return;
    const look = { lines, stacked: pile, scale, format, axis, marks };
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
  useEffect(() => plot.current?.setData(data), [xs, lines]);

  const at = cursor !== null && cursor < xs.length ? cursor : null;
  const resting = (line: Line): string => line.summary ?? format(latest(line.values));
  const reading = (line: Line): string => (at === null ? resting(line) : format(line.values[at] ?? null));
  return (
    <figure class="chart">
      <figcaption>
        <h3>{title}</h3>
        <span class="at">{at === null ? (axis === CLOCK ? "latest" : "") : axis.reading(xs[at]!)}</span>
      </figcaption>
      <div class="plot" ref={ref} role="img"
           aria-label={`${title} over ${axis.name}. ${axis === CLOCK ? "Latest: " : ""}${lines.map((l) => `${l.label} ${resting(l)}`).join(", ")}`} />
      <ul class="legend">
        {lines.map((line) => (
          <li key={line.label}>
            <i class={`swatch c${line.colour}`} /> {line.label} <b class="reading">{reading(line)}</b>
          </li>
        ))}
      </ul>
    </figure>
  );
}
