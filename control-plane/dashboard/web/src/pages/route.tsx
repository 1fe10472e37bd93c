import { useEffect, useState } from "preact/hooks";
import type { Candidate, Route } from "../api/answers";
import { kilometres, microseconds, NOTHING } from "../figures/format";
import { popViews } from "../live/state";
import { useAnswer } from "../live/use_answer";
import { address, FIRST_WINDOW, type Location } from "../location";
import { RouteMap } from "../map/route_map";
import { Empty, Notice } from "../parts/notice";
import { StateMark } from "../parts/state_mark";
import type { PageProps } from "./page";

type Asked = Pick<Extract<Location, { page: "route" }>, "ip" | "host" | "path">;

function query({ ip, host, path }: Asked): string | null {
  if (ip === "") return null;
  const parameters = new URLSearchParams({ ip });
  if (host !== "") parameters.set("host", host);
  if (path !== "") parameters.set("path", path);
  return `/v1/route?${parameters.toString()}`;
}

// Why a client is sent where it is sent.
export function RoutePage({ live, asked }: PageProps & { readonly asked: Asked }) {
  const { value: route, problem } = useAnswer<Route>(query(asked), 5_000, [503]);
  return (
    <>
      <header class="page-head"><h1>Route</h1></header>
      <Question asked={asked} />
      {problem !== null && <Notice kind="problem" title="No answer">{problem}</Notice>}
      {asked.ip === "" && <Empty>Give a client’s address: which PoP is it sent to, and why?</Empty>}
      {route && <Result route={route} live={live} />}
    </>
  );
}

function Question({ asked }: { readonly asked: Asked }) {
  const [form, setForm] = useState(asked);
  useEffect(() => setForm(asked), [asked.ip, asked.host, asked.path]);
  const submit = (event: Event): void => {
    event.preventDefault();
    location.hash = address({ page: "route", ip: form.ip.trim(), host: form.host.trim(), path: form.path.trim() });
  };
  const field = (name: keyof Asked, label: string, example: string) => (
    <label>
      <span>{label}</span>
      <input type="text" name={name} value={form[name]} placeholder={example} autocomplete="off" spellcheck={false}
             onInput={(e) => setForm({ ...form, [name]: e.currentTarget.value })} />
    </label>
  );
  return (
    <form class="panel question" onSubmit={submit} noValidate>
      {field("ip", "Client’s address", "200.160.2.3")}
      {field("host", "Host (optional)", "www.example.org")}
      {field("path", "Path (optional)", "/")}
      <button type="submit" class="act">Explain</button>
    </form>
  );
}

const SOURCE_WORDS: Record<string, string> = {
  "subnet-place": "from the subnet table", "subnet-pop": "the subnet table names a PoP",
  "database-city": "from the address database", "database-country": "the address database knows the country",
  unknown: "nobody knows it",
};

function Result({ route, live }: { readonly route: Route; readonly live: PageProps["live"] }) {
  const { place } = route;
  const where = [place.city, place.country].filter((s) => s !== "").join(", ");
  return (
    <section class="panel route" aria-label="Answer">
      <p class="explanation" role="status">{route.explanation}</p>
      <div class="route-halves">
        <RouteMap route={route} pops={popViews(live)} />
        <dl class="facts">
          <dt>Client</dt><dd>{route.client} <span class="quiet">decided for {route.client_prefix}</span></dd>
          <dt>Place</dt><dd>{where || "unknown"} <span class="quiet">{SOURCE_WORDS[place.source] ?? place.source}</span></dd>
          <dt>PoP</dt><dd>{route.pop ?? "none"}</dd>
          <dt>Reason</dt><dd><code>{route.reason}</code></dd>
          {route.distribution !== undefined && <><dt>Distribution</dt><dd>{route.distribution}</dd></>}
          {route.location !== undefined && <><dt>Location</dt><dd><code>{route.location}</code></dd></>}
        </dl>
      </div>
      <h2>Candidates</h2>
      <div class="scroll" tabIndex={0} role="region" aria-label="Table of candidates">
        <table>
          <thead>
            <tr>
              <th scope="col" class="n">#</th><th scope="col">PoP</th><th scope="col">State</th>
              <th scope="col" class="n">Distance</th><th scope="col" class="n">Round trip, modelled</th><th scope="col" />
            </tr>
          </thead>
          <tbody>
            {route.candidates.map((c, i) => <CandidateRow key={c.pop} number={i + 1} candidate={c} chosen={c.pop === route.pop} />)}
          </tbody>
        </table>
      </div>
    </section>
  );
}

interface RowProps {
  readonly number: number;
  readonly candidate: Candidate;
  readonly chosen: boolean;
}

function CandidateRow({ number, candidate, chosen }: RowProps) {
  return (
    <tr class={chosen ? "chosen" : ""}>
      <td class="n">{number}</td>
      <th scope="row"><a href={address({ page: "pop", pop: candidate.pop, window: FIRST_WINDOW })}>
        <span class="id">{candidate.pop}</span> <span class="city">{candidate.city}</span></a></th>
      <td><StateMark state={candidate.state} worded /></td>
      <td class="n">{kilometres(candidate.distance_km)}</td>
      <td class="n">{candidate.rtt_ms === undefined ? NOTHING : microseconds(candidate.rtt_ms * 1000)}</td>
      <td>{chosen ? "chosen" : candidate.pinned ? "pinned by the subnet table" : ""}</td>
    </tr>
  );
}
