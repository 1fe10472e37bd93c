import { useMemo } from "preact/hooks";
import { Chart, type Line } from "../../src/chart/chart";
import type { Axis, Mark } from "../../src/chart/options";
import { elapsed, microseconds, percent, perSecond } from "../../src/figures/format";
import { mean } from "../../src/figures/series";
import type { Theme } from "../../src/theme";
import { GROUND_COLOUR } from "../colours";
import { alongside, hitRatios, outcomesPerSecond, stepTimes, type Choice } from "../data/figures";
import type { LabEvent, Report, Timeline } from "../data/report";
import { Part } from "../parts/part";

const SINCE_START: Axis = { name: "time since the start", distribution: "linear", tick: elapsed, reading: elapsed };

type Values = readonly (number | null)[];
const inMicroseconds = (values: Values): Values => values.map((v) => (v === null ? null : v * 1000));
const perStep = (timeline: Timeline, values: Values): Values => values.map((v) => (v === null ? null : v / timeline.step_s));

function line(label: string, colour: string, values: Values, format: (v: number | null) => string): Line {
  return { label, colour, values, summary: `⌀ ${format(mean(values))}` };
}

function linesOf(own: Timeline, other: Timeline | null, otherTitle: string) {
  const outcomes = outcomesPerSecond(own);
  const beside = (label: string, column: (t: Timeline) => Values, format: (v: number | null) => string): Line[] => {
    const values = alongside(own, other, column);
    return values === null ? [] : [line(label, GROUND_COLOUR, values, format)];
  };
  return {
    times: stepTimes(own),
    outcomes: (["hits", "stale", "misses", "errors"] as const).map((name) =>
      line(name, `--${name}`, outcomes[name], perSecond)),
    ratio: [line("hit ratio", "--hits", hitRatios(own), percent), ...beside(otherTitle, hitRatios, percent)],
    latency: [
      line("p50", "--hits", inMicroseconds(own.p50_ms), microseconds),
      line("p95", "--stale", inMicroseconds(own.p95_ms), microseconds),
      ...beside(`p95, ${otherTitle}`, (t) => inMicroseconds(t.p95_ms), microseconds),
    ],
    origin: [
      line("fetches", "--misses", perStep(own, own.origin_fetches), perSecond),
      ...beside(otherTitle, (t) => perStep(t, t.origin_fetches), perSecond),
    ],
  };
}

interface Props {
  readonly report: Report;
  readonly choice: Choice;
  readonly theme: Theme;
}

export function TimelinePart({ report: { events }, choice: { shown, against }, theme }: Props) {
  const own = shown.timeline!;
  const other = against?.timeline ?? null;
  const drawn = useMemo(() => linesOf(own, other, against?.title ?? ""), [own, other]);
  const marks = useMemo(() => events.map((event, i): Mark => ({ at: event.at_s, sign: String(i + 1) })), [events]);
  const shared = { xs: drawn.times, theme, axis: SINCE_START, marks };
  return (
    <Part id="timeline" title="Timeline" about={`${shown.title}, steps of ${own.step_s} s${events.length > 0 ? "; the numbers are the events below" : ""}`}>
      <div class="charts">
        <Chart {...shared} title="Requests by outcome" lines={drawn.outcomes} format={perSecond} stacked />
        <Chart {...shared} title="Hit ratio" lines={drawn.ratio} format={percent} scale="ratio" />
        <Chart {...shared} title="Time to first byte" lines={drawn.latency} format={microseconds} scale="log" />
        <Chart {...shared} title="Origin fetches" lines={drawn.origin} format={perSecond} />
      </div>
      {events.length > 0 && <Events events={events} />}
    </Part>
  );
}

function Events({ events }: { readonly events: readonly LabEvent[] }) {
  return (
    <ol class="events" aria-label="Events">
      {events.map((event) => (
        <li key={`${event.at_s} ${event.title}`}><b>{elapsed(event.at_s)}</b> {event.title} <span class="quiet">{event.kind}</span></li>
      ))}
    </ol>
  );
}
