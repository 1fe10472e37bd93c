// How uPlot draws our charts.

import type uPlot from "uplot";
import { roundUp } from "./stack";

export interface Drawn {
  readonly label: string;
  readonly colour: string; // name of a custom property of the style sheet
  readonly dots?: boolean;
}

// What goes from left to right.
export interface Axis {
  readonly name: string; // "over ..."; charts of one name share the pointer
  readonly distribution: "linear" | "log10" | "log2";
  readonly tick: (value: number, step: number) => string; // `step`: to the next tick
  readonly reading: (value: number) => string;
}

// A moment of which one should know, drawn as a line from top to bottom with its number.
export interface Mark {
  readonly at: number;
  readonly sign: string;
}

export interface Look {
  readonly lines: readonly Drawn[];
  readonly axis: Axis;
  readonly marks: readonly Mark[];
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
// Seconds since 1970, as this place's clocks show them.
export const CLOCK: Axis = {
  name: "time", distribution: "linear", tick: (s, step) => clock(s, step < 60), reading: (s) => clock(s, true),
};

function xScale({ axis }: Look): uPlot.Scale {
  if (axis === CLOCK) return { time: true };
  const range: uPlot.Scale.Range = (_, min, max) => [min ?? 0, max ?? 1];
  if (axis.distribution === "linear") return { time: false, range };
  return { time: false, distr: 3, log: axis.distribution === "log2" ? 2 : 10, range };
}

function isPower(value: number, base: number): boolean {
  const exponent = Math.log(value) / Math.log(base);
  return Math.abs(exponent - Math.round(exponent)) < 1e-6;
}

function xTicks({ axis }: Look): uPlot.Axis {
  const log = axis.distribution !== "linear";
  const base = axis.distribution === "log2" ? 2 : 10;
  return {
    space: 62,
    ...(log ? { filter: (_: uPlot, splits: number[]) => splits.map((s) => (isPower(s, base) ? s : null)) } : {}),
    values: (_, splits, __, ___, step) => splits.map((s) => (s === null ? "" : axis.tick(s, step))),
  };
}

function drawMarks(plot: uPlot, marks: readonly Mark[]): void {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = colour("--text");
  ctx.lineWidth = ratio;
  ctx.font = `600 ${10 * ratio}px ${getComputedStyle(document.body).fontFamily}`;
  ctx.textAlign = "left";
  ctx.textBaseline = "top";
  let taken = -Infinity; // a sign does not cover the one before
  for (const mark of marks) {
    const x = Math.round(plot.valToPos(mark.at, "x", true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.setLineDash([3 * ratio, 3 * ratio]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    if (x < taken) continue;
    ctx.fillText(mark.sign, x + 3 * ratio, bbox.top);
    taken = x + 3 * ratio + ctx.measureText(mark.sign).width;
  }
  ctx.restore();
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
      label: line.label, stroke, width: look.stacked ? 0.5 : 1.75,
      points: line.dots ? { show: true, size: 6, fill: stroke, width: 0 } : { show: false },
      ...(look.stacked ? {} : { spanGaps: line.dots ?? false }),
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
    cursor: { sync: { key: `atoll ${look.axis.name}` }, y: false, points: { show: !look.stacked, size: 6 }, drag: { x: false, y: false } },
    scales: { x: xScale(look), y: yScale(look) },
    series: [{}, ...series],
    bands,
    axes: [
      {
        stroke: text, font, grid, ticks: { show: false }, size: 28, ...xTicks(look),
      },
      {
        stroke: text, font, grid, ticks: { show: false }, size: AXIS_WIDTH, space: 34,
        values: (_, splits) => splits.map((s) => (s === null ? "" : look.format(s))),
      },
    ],
    hooks: {
      setCursor: [(plot) => onCursor(plot.cursor.idx ?? null)],
      draw: [(plot) => drawMarks(plot, look.marks)],
    },
  };
}
