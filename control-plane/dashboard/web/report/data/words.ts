// Figures of a report in words and units.

import { bytes, change, count, microseconds, NOTHING, percent, points } from "../../src/figures/format";
import type { Parameter } from "./report";

export function milliseconds(value: number | null | undefined): string {
  return value === null || value === undefined ? NOTHING : microseconds(value * 1000);
}

const NAMES: Readonly<Record<string, string>> = {
  cache_bytes: "cache", policy: "policy", routing: "routing", shield: "shield", cdn: "CDN",
};

export function parameterName(name: string): string {
  return NAMES[name] ?? name.replaceAll("_", " ").replace(/ bytes$/, "");
}

export function parameterValue(name: string, value: Parameter): string {
  if (value === null) return NOTHING;
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string") return value;
  return name.endsWith("_bytes") ? bytes(value) : name.endsWith("_ms") ? milliseconds(value) : count(value);
}

// A parameter where nothing beside it says what it is.
export function parameterWords(name: string, value: Parameter): string {
  return typeof value === "string" ? value : `${parameterName(name)} ${parameterValue(name, value)}`;
}

export function inUnit(unit: string, value: number): string {
  if (unit === "bytes") return bytes(value);
  if (unit === "ms") return milliseconds(value);
  return unit === "" ? count(value) : `${count(value)} ${unit}`;
}

type Unit = "ms" | "ratio" | "bytes" | "count";

function unitOf(figure: string): Unit {
  if (figure.endsWith("_ms")) return "ms";
  if (/_ratio$|offload/.test(figure)) return "ratio";
  return figure.endsWith("bytes") ? "bytes" : "count";
}

const FIGURES: Readonly<Record<string, string>> = {
  p999_ms: "TTFB p99.9", mean_ms: "TTFB mean", max_ms: "TTFB max", hit_ratio: "hit ratio",
  byte_hit_ratio: "byte hit ratio", error_ratio: "errors", origin_fetches: "origin fetches", offload: "origin offload",
};

export function figureName(figure: string): string {
  const quantile = /^p(\d\d)_ms$/.exec(figure);
  return FIGURES[figure] ?? (quantile ? `TTFB p${quantile[1]}` : figure.replaceAll("_", " "));
}

export function figureValue(figure: string, value: number | null): string {
  if (value === null) return NOTHING;
  switch (unitOf(figure)) {
    case "ms": return milliseconds(value);
    case "ratio": return percent(value);
    case "bytes": return bytes(value);
    case "count": return count(value);
  }
}

// A difference, with its sign.
export function figureDifference(figure: string, value: number | null): string {
  if (value === null) return NOTHING;
  if (unitOf(figure) === "ratio") return points(value);
  return value > 0 ? `+${figureValue(figure, value)}` : value === 0 ? "0" : `−${figureValue(figure, -value)}`;
}

// From one run to another, for people: ratios in points, the rest in per cent.
export function changeWords(figure: string, from: number | null, to: number | null): string {
  if (from === null || to === null) return NOTHING;
  return unitOf(figure) === "ratio" ? points(to - from) : change(from, to);
}
