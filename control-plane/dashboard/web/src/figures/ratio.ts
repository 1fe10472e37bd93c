// What is made of counts. null: nothing was heard, or there was nothing to divide by.

import type { Figures } from "../api/figures";

type Of<K extends keyof Figures> = Readonly<Record<K, number | null>>;

function part(of: number | null, whole: number | null): number | null {
  return of === null || whole === null || whole <= 0 ? null : of / whole;
}

export type HitCounts = Of<"hits" | "stale" | "revalidated" | "collapsed" | "requests">;
// Answered from what was stored, or from a fetch that another request had begun.
export function hitRatio(f: HitCounts): number | null {
  if (f.hits === null || f.stale === null || f.revalidated === null || f.collapsed === null) return null;
  return part(f.hits + f.stale + f.revalidated + f.collapsed, f.requests);
}

export function byteHitRatio(f: Of<"bytes_from_cache" | "bytes_out">): number | null {
  return part(f.bytes_from_cache, f.bytes_out);
}

// How much of what clients got the origins did not have to send. Negative while a cache fills with
// more than is asked for.
export function originOffload(f: Of<"bytes_in" | "bytes_out">): number | null {
  const fetched = part(f.bytes_in, f.bytes_out);
  return fetched === null ? null : 1 - fetched;
}

export function errorRatio(f: Of<"errors" | "requests">): number | null {
  return part(f.errors, f.requests);
}
