// State by shape as well as by colour: a disc, a triangle, a square that is crossed out or, if it is out of
// service, barred.

import type { PopState } from "../api/figures";

export const STATE_WORDS: Record<PopState, string> = {
  active: "active", "not-serving": "not serving", down: "down", draining: "draining", "admin-down": "out of service",
};

// Outline around (0, 0), as wide as a circle of radius r.
export function outline(state: PopState, r: number): string {
  const n = (x: number): string => x.toFixed(2);
  switch (state) {
    case "active":
      return `M${n(-r)},0a${n(r)},${n(r)} 0 1,0 ${n(2 * r)},0a${n(r)},${n(r)} 0 1,0 ${n(-2 * r)},0Z`;
    case "not-serving":
    case "draining":
      return `M0,${n(-1.2 * r)}L${n(1.15 * r)},${n(0.85 * r)}L${n(-1.15 * r)},${n(0.85 * r)}Z`;
    case "down":
    case "admin-down": {
      const s = 0.92 * r;
      return `M${n(-s)},${n(-s)}H${n(s)}V${n(s)}H${n(-s)}Z`;
    }
  }
}

// What is drawn on top of the outline, in the colour of the ground.
export function mark(state: PopState, r: number): string {
  const s = (0.5 * r).toFixed(2);
  if (state === "admin-down") return `M-${s},0H${s}`;
  if (state !== "down") return "";
  return `M-${s},-${s}L${s},${s}M-${s},${s}L${s},-${s}`;
}

const SMALLEST = 4.5;
const LARGEST = 15;
// Area grows with the load; 1 is the busiest PoP. `size`: of the map, 1 where it is large.
export function radius(share: number, size = 1): number {
  return size * (SMALLEST + (LARGEST - SMALLEST) * Math.sqrt(Math.min(1, Math.max(0, share))));
}
// Of a map so many CSS pixels wide, of which so many PoPs share the room.
export function markerSize(width: number, pops: number): number {
  return Math.min(1, Math.max(0.6, width / 900)) * (pops > 60 ? 0.6 : 1);
}
