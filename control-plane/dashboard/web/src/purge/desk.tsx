import { useState } from "preact/hooks";
import { useRefusal } from "../access/role";
import type { PurgeStarted } from "../api/answers";
import { post } from "../api/http";
import { Notice } from "../parts/notice";
import { PurgeProgress } from "./progress";
import { BLANK, KINDS, KIND_WORDS, requestOf, type Form } from "./request";

const KEPT = 5; // purges of this visit whose progress is shown

// The purge form, and what became of the last purges.
export function PurgeDesk() {
  const [form, setForm] = useState<Form>(BLANK);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [numbers, setNumbers] = useState<readonly number[]>([]);
  const change = (part: Partial<Form>): void => {
    setForm({ ...form, ...part });
    setProblem(null);
  };
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const request = requestOf(form);
    if ("missing" in request) return setProblem(request.missing);
    setBusy(true);
    const answer = await post<PurgeStarted>("/v1/purge", request.body);
    setBusy(false);
    if (!answer.ok) return setProblem(answer.sentence);
    setProblem(null);
    setForm({ ...form, sure: false });
    setNumbers((old) => [answer.value.number, ...old].slice(0, KEPT));
  };
  const words = KIND_WORDS[form.kind];
  const refused = useRefusal("operator");
  return (
    <section class="panel purge" aria-label="Purge">
      <h2>Purge</h2>
      {refused !== "" && <Notice kind="hint" title="You may look at purges, not make them">{refused}</Notice>}
      <form onSubmit={(e) => void submit(e)} noValidate>
        <fieldset class="whole" disabled={refused !== ""}>
          <legend class="unseen">Purge</legend>
          <fieldset class="kinds">
            <legend class="unseen">What to purge</legend>
            {KINDS.map((kind) => (
              <label key={kind} class="pick">
                <input type="radio" name="kind" value={kind} checked={form.kind === kind}
                       onChange={() => change({ kind, sure: false })} />
                <span>{KIND_WORDS[kind].name}</span>
              </label>
            ))}
          </fieldset>
          <div class="line">
            {form.kind === "everything" ? (
              <label class="tick sure">
                <input type="checkbox" checked={form.sure} onChange={(e) => change({ sure: e.currentTarget.checked })} />
                I mean every object of every PoP
              </label>
            ) : (
              <input class="value" type="text" aria-label={words.name} placeholder={words.example} value={form.value}
                     autocomplete="off" spellcheck={false} aria-invalid={problem !== null}
                     onInput={(e) => change({ value: e.currentTarget.value })} />
            )}
            <label class="tick" title="Stored responses stay and are confirmed with the origin before they are used">
              <input type="checkbox" checked={form.soft} onChange={(e) => change({ soft: e.currentTarget.checked })} />
              Soft: mark stale, keep
            </label>
            <button type="submit" class="act" disabled={busy}>{busy ? "Purging…" : "Purge"}</button>
          </div>
        </fieldset>
      </form>
      {problem !== null && <Notice kind="problem" title="Nothing was purged">{problem}</Notice>}
      {numbers.map((number) => <PurgeProgress key={number} number={number} />)}
    </section>
  );
}
