import { useEffect } from "preact/hooks";
import { plural, seconds } from "../src/figures/format";
import { useTheme } from "../src/theme";
import { addressWith, useQuery, useScroll } from "./address";
import { chosen, type Choice } from "./data/figures";
import type { Report } from "./data/report";
import { Bar } from "./parts/bar";
import { Curves } from "./sections/curves";
import { Links } from "./sections/links";
import { Notes } from "./sections/notes";
import { Pops } from "./sections/pops";
import { Regions } from "./sections/regions";
import { Summary } from "./sections/summary";
import { SweepPart } from "./sections/sweep";
import { TimelinePart } from "./sections/timeline";
import { WorldPart } from "./sections/world";

// What there is to see, in order; what a report does not have is not offered.
function partsOf(report: Report, { shown }: Choice): (readonly [string, string])[] {
  const parts: (readonly [string, string] | false)[] = [
    ["summary", "Summary"], ["regions", "Regions"], ["curves", "Distribution"], ["world", "Map"],
    shown.timeline !== null && ["timeline", "Timeline"],
    report.sweep !== null && ["sweep", "Sweep"],
    shown.pops.length > 0 && ["pops", "PoPs"],
    report.links !== null && ["links", "Links"],
    report.notes.length > 0 && ["notes", "Notes"],
  ];
  return parts.filter((part) => part !== false);
}

export function Reporting({ report }: { readonly report: Report }) {
  const themes = useTheme();
  const query = useQuery();
  const choice = chosen(report, query);
  const parts = partsOf(report, choice);
  const has = (id: string): boolean => parts.some(([part]) => part === id);
  const { theme } = themes;
  useScroll(query.get("at"));
  useEffect(() => { document.title = `${report.scenario.title} – Atoll lab`; }, []);
  return (
    <>
      <Bar parts={parts} query={query} themes={themes} />
      <main>
        <Head report={report} />
        {report.runs.length > 1 && <RunChoice report={report} choice={choice} query={query} />}
        <Summary report={report} choice={choice} />
        <Regions report={report} choice={choice} />
        <Curves report={report} choice={choice} theme={theme} />
        <WorldPart report={report} choice={choice} />
        {has("timeline") && <TimelinePart report={report} choice={choice} theme={theme} />}
        {report.sweep && <SweepPart sweep={report.sweep} runs={report.runs} theme={theme} />}
        {has("pops") && <Pops report={report} choice={choice} />}
        {report.links && <Links links={report.links} />}
        {has("notes") && <Notes notes={report.notes} />}
      </main>
    </>
  );
}

function Head({ report: { scenario, atoll, regions, pops, runs } }: { readonly report: Report }) {
  return (
    <header class="report-head">
      <h1>{scenario.title}</h1>
      <p>{scenario.description}</p>
      <p class="quiet">
        {scenario.mode === "live"
          ? `Live: real programs, ${seconds(scenario.duration_s)}`
          : `Simulated: ${seconds(scenario.duration_s)} of the model’s time, seed ${scenario.seed}`}
        {" · "}{plural(regions.length, "region")}, {plural(pops.length, "PoP")}, {plural(runs.length, "run")}
        {" · "}<code>{scenario.source}</code> · Atoll {atoll}
      </p>
    </header>
  );
}

interface ChoiceProps {
  readonly report: Report;
  readonly choice: Choice;
  readonly query: URLSearchParams;
}

function RunChoice({ report: { runs }, choice: { shown, against }, query }: ChoiceProps) {
  const choose = (name: string) => (event: { readonly currentTarget: HTMLSelectElement }): void => {
    location.replace(addressWith(query, { [name]: event.currentTarget.value }));
  };
  return (
    <div class="run-choice" role="group" aria-label="Which runs are shown">
      <label><span>Shown</span>
        <select value={shown.id} onChange={choose("run")}>
          {runs.map((run) => <option key={run.id} value={run.id}>{run.title}</option>)}
        </select>
      </label>
      <label><span>compared with</span>
        <select value={against?.id ?? ""} onChange={choose("with")}>
          <option value="">nothing</option>
          {runs.filter((run) => run !== shown).map((run) => <option key={run.id} value={run.id}>{run.title}</option>)}
        </select>
      </label>
    </div>
  );
}
