import { Part } from "../parts/part";

export function Notes({ notes }: { readonly notes: readonly string[] }) {
  return (
    <Part id="notes" title="Notes" about="What was modelled, and what was not">
      <ul class="notes">{notes.map((note) => <li key={note}>{note}</li>)}</ul>
    </Part>
  );
}
