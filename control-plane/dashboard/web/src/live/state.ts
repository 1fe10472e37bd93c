// What the page knows from the live stream, and how each event changes it. Pure.

import type { Layout, Place, PopSample, PopState, Sample } from "../api/figures";

// How many samples are kept to carry a series on until it is asked for again.
export const KEPT_SAMPLES = 20;

export interface LiveState {
  // connecting: never heard of. lost: what is shown is old.
  readonly link: "connecting" | "live" | "lost";
  readonly reason: string; // why it is lost; a sentence
  readonly heardAt: number | null; // ms, local clock, of the last event
  readonly layout: Layout | null;
  readonly sample: Sample | null;
  readonly trail: readonly Sample[]; // oldest first, without a step backwards
}

export type LiveEvent =
  | { readonly kind: "layout"; readonly layout: Layout; readonly at: number }
  | { readonly kind: "sample"; readonly sample: Sample; readonly at: number }
  | { readonly kind: "lost"; readonly reason: string };

export const INITIAL: LiveState = {
  link: "connecting", reason: "", heardAt: null, layout: null, sample: null, trail: [],
};

export function reduce(state: LiveState, event: LiveEvent): LiveState {
  switch (event.kind) {
    case "layout":
      return { ...state, link: "live", reason: "", heardAt: event.at, layout: event.layout };
    case "sample": {
      const { sample } = event;
      const older = state.trail.filter((s) => s.time_ms < sample.time_ms);
      return {
        ...state, link: "live", reason: "", heardAt: event.at, sample,
        trail: [...older, sample].slice(-KEPT_SAMPLES),
      };
    }
    case "lost":
      return { ...state, link: "lost", reason: event.reason };
  }
}

export interface PopView {
  readonly place: Place;
  readonly state: PopState;
  readonly now: PopSample | null; // null: the stream has not said anything about it yet
}

// The PoPs of the layout with their latest figures.
export function popViews(state: LiveState): PopView[] {
  if (state.layout === null) return [];
  const samples = new Map((state.sample?.pops ?? []).map((pop) => [pop.id, pop]));
  return state.layout.pops.map((place) => {
    const now = samples.get(place.id) ?? null;
    return { place, state: now?.state ?? "down", now };
  });
}

const BY_URGENCY: Record<PopState, number> = {
  down: 0, "not-serving": 1, draining: 2, "admin-down": 3, active: 4,
};

export function troubled(pops: readonly PopView[]): PopView[] {
  return pops
    .filter((pop) => pop.now !== null && pop.state !== "active" && pop.state !== "admin-down")
    .sort((a, b) => BY_URGENCY[a.state] - BY_URGENCY[b.state]);
}
