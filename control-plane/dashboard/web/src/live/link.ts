// Keeps the event stream open: reads it, notices when it goes silent, opens it again.

import type { Layout, Sample } from "../api/figures";
import type { LiveEvent } from "./state";

// The part of EventSource that is used, so that tests have their own.
export interface Source {
  addEventListener(type: string, listener: (event: { data?: unknown }) => void): void;
  close(): void;
}

export interface LinkWorld {
  open(path: string): Source;
  now(): number; // ms
  later(ms: number, what: () => void): () => void; // returns how to cancel it
  random(): number;
}

export const SILENCE_MS = 4_000; // the server speaks every second
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 10_000;

export class Link {
  private source: Source | null = null;
  private cancelWatch = (): void => {};
  private cancelRetry = (): void => {};
  private failures = 0;

  constructor(private readonly world: LinkWorld, private readonly tell: (event: LiveEvent) => void) {}

  start(): void {
    this.stop();
    this.watch();
    const source = this.world.open("/v1/live");
    this.source = source;
    const heard = (make: (data: unknown, at: number) => LiveEvent) => (event: { data?: unknown }): void => {
      if (this.source !== source) return;
      let data: unknown;
      try {
        data = JSON.parse(String(event.data));
      } catch {
        this.lose("The control plane sent something that cannot be read.");
        return;
      }
      this.failures = 0;
      this.watch();
      this.tell(make(data, this.world.now()));
    };
    source.addEventListener("layout", heard((data, at) => ({ kind: "layout", layout: data as Layout, at })));
    source.addEventListener("sample", heard((data, at) => ({ kind: "sample", sample: data as Sample, at })));
    source.addEventListener("error", () => {
      if (this.source === source) this.lose("The connection to the control plane is broken.");
    });
  }

  stop(): void {
    this.cancelWatch();
    this.cancelRetry();
    this.source?.close();
    this.source = null;
  }

  // Now instead of when it was planned: the network is back, the page is looked at again.
  hurry(): void {
    if (this.source === null) this.start();
  }

  private watch(): void {
    this.cancelWatch();
    this.cancelWatch = this.world.later(SILENCE_MS, () => this.lose("The control plane has gone silent."));
  }

  private lose(reason: string): void {
    this.stop();
    this.tell({ kind: "lost", reason });
    const wait = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.failures);
    ++this.failures;
    // Not all pages at once.
    this.cancelRetry = this.world.later(wait * (0.75 + this.world.random() / 2), () => this.start());
  }
}

export const BROWSER: LinkWorld = {
  open: (path) => new EventSource(path) as Source,
  now: () => Date.now(),
  later: (ms, what) => {
    const timer = setTimeout(what, ms);
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
};
