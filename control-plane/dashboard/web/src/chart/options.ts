// How uPlot draws our charts.

import type uPlot from "uplot";
import { roundUp } from "./stack";

export interface Drawn {
  readonly label: string;
  readonly colour: string; // name of a custom property of the style sheet
}

export interface Look {
  readonly lines: readonly Drawn[];
  readonly stacked: boolean;
  readonly scale: "linear" | "ratio" | "log";
  readonly format: (value: number | null) => string;
}

export const CHART_HEIGHT = 190;
const AXIS_WIDTH = 66;

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

const two = (n: number): string => String(n).padStart(2, "0");
function clock(time: number, withSeconds: boolean): string {
  const at = new Date(time * 1000);
  const text = `${two(at.getHours())}:${two(at.getMinutes())}`;
  return withSeconds ? `${text}:${two(at.getSeconds())}` : text;
}
export function clockOf(time: number): string {
  return clock(time, true);
}

function yScale(look: Look): uPlot.Scale {
  switch (look.scale) {
    case "ratio": return { range: [0, 1] };
    case "log": return {
      distr: 3,
      range: (_, min, max) => [
        10 ** Math.floor(Math.log10(Math.max(1, min ?? 100))), 10 ** Math.ceil(Math.log10(Math.max(10, max ?? 1000))),
      ],
    };
    case "linear": return { range: (_, __, max) => [0, roundUp((max ?? 0) * 1.05)] };
  }
}

export function options(look: Look, width: number, onCursor: (index: number | null) => void): uPlot.Options {
  const text = colour("--muted");
  const grid = { stroke: colour("--grid"), width: 1 };
  const font = `11px ${getComputedStyle(document.body).fontFamily}`;
  const series = look.lines.map((line): uPlot.Series => {
    const stroke = colour(line.colour);
    return {
      label: line.label, stroke, width: look.stacked ? 0.5 : 1.75, points: { show: false },
      ...(look.stacked ? {} : { spanGaps: false }),
    };
  });
  const fill = (i: number): string => colour(look.lines[i]!.colour) + (look.stacked ? "b3" : "00");
  if (look.stacked && series[0]) series[0].fill = fill(0);
  const bands = look.stacked
    ? look.lines.slice(1).map((_, i): uPlot.Band => ({ series: [i + 2, i + 1], fill: fill(i + 1) }))
    : [];
  return {
    width, height: CHART_HEIGHT, padding: [10, 28, 0, 0],
    legend: { show: false },
    cursor: { sync: { key: "atoll" }, y: false, points: { show: !look.stacked, size: 6 }, drag: { x: false, y: false } },
    scales: { x: { time: true }, y: yScale(look) },
    series: [{}, ...series],
    bands,
    axes: [
      {
        stroke: text, font, grid, ticks: { show: false }, space: 62, size: 28,
        values: (_, splits, __, ___, step) => splits.map((s) => clock(s, step < 60)),
      },
      {
        stroke: text, font, grid, ticks: { show: false }, size: AXIS_WIDTH, space: 34,
        values: (_, splits) => splits.map((s) => (s === null ? "" : look.format(s))),
      },
    ],
    hooks: { setCursor: [(plot) => onCursor(plot.cursor.idx ?? null)] },
  };
}
