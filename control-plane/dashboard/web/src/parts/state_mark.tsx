import type { PopState } from "../api/figures";
import { STATE_WORDS, mark, outline } from "../map/shapes";

// The map's symbol in a line of text. `worded`: with the word beside it, else only for screen readers.
export function StateMark({ state, worded = false }: { readonly state: PopState; readonly worded?: boolean }) {
  return (
    <span class={`state ${state}`}>
      <svg viewBox="-7 -7 14 14" width="12" height="12" aria-hidden="true">
        <path class="body" d={outline(state, 5)} />
        <path class="cross" d={mark(state, 5)} />
      </svg>
      <span class={worded ? "word" : "unseen"}>{STATE_WORDS[state]}</span>
    </span>
  );
}
