// From the text in the page to what it says, or a sentence about why it cannot be read.

import { SCHEMA, type Comparison, type Report } from "./report";

export type Document =
  | { readonly kind: "report"; readonly report: Report }
  | { readonly kind: "comparison"; readonly comparison: Comparison }
  | { readonly kind: "unreadable"; readonly sentence: string };

type Loose = Readonly<Record<string, unknown>>;

const unreadable = (sentence: string): Document => ({ kind: "unreadable", sentence });
const isObject = (value: unknown): value is Loose => typeof value === "object" && value !== null && !Array.isArray(value);

export function readDocument(text: string): Document {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return unreadable("What this page carries is not JSON.");
  }
  if (!isObject(found)) return unreadable("What this page carries is not a report.");
  if (found["schema"] !== SCHEMA) {
    return unreadable(`This page draws reports of schema ${SCHEMA}; it carries one of schema ${String(found["schema"] ?? "unknown")}.`);
  }
  if (Array.isArray(found["rows"])) return comparison(found);
  return report(found);
}

function comparison(found: Loose): Document {
  const rows = found["rows"] as readonly unknown[];
  const bad = rows.findIndex((row) => !isObject(row) || typeof row["figure"] !== "string");
  if (bad >= 0) return unreadable(`Row ${bad + 1} of the comparison names no figure.`);
  return { kind: "comparison", comparison: found as unknown as Comparison };
}

const RUN_PARTS = ["parameters", "total", "regions", "pops", "origin"] as const;

function report(found: Loose): Document {
  const runs = found["runs"];
  if (!isObject(found["scenario"])) return unreadable("The report names no scenario.");
  if (!Array.isArray(runs) || runs.length === 0) return unreadable("The report has no run.");
  for (const name of ["regions", "pops"]) {
    if (!Array.isArray(found[name])) return unreadable(`The report has no list “${name}”.`);
  }
  for (const run of runs as readonly unknown[]) {
    if (!isObject(run) || typeof run["id"] !== "string") return unreadable("A run of the report has no name.");
    const missing = RUN_PARTS.find((part) => typeof run[part] !== "object" || run[part] === null);
    if (missing !== undefined) return unreadable(`Run “${run["id"]}” has no “${missing}”.`);
  }
  const ids = (runs as readonly { id: string }[]).map((run) => run.id);
  if (new Set(ids).size !== ids.length) return unreadable("Two runs of the report have the same name.");
  // What may be left out is put in, so that nothing behind this has to ask.
  const whole = { origins: [], events: [], sweep: null, links: null, notes: [], ...found } as unknown as Report;
  const complete = whole.runs.map((run) => ({ ...run, timeline: run.timeline ?? null }));
  return { kind: "report", report: { ...whole, runs: complete } };
}
