import type { ComponentChildren } from "preact";
import { CHOICES, type Choice, type Themes } from "../../src/theme";
import { addressWith } from "../address";

const THEME_WORDS: Record<Choice, string> = { system: "As the system", dark: "Dark", light: "Light" };
const THEME_SIGNS: Record<Choice, string> = { system: "◐", dark: "●", light: "○" };

interface Props {
  readonly parts: readonly (readonly [string, string])[]; // id and name
  readonly query: URLSearchParams;
  readonly themes: Themes;
  readonly children?: ComponentChildren;
}

export function Bar({ parts, query, themes, children }: Props) {
  const next = CHOICES[(CHOICES.indexOf(themes.choice) + 1) % CHOICES.length]!;
  return (
    <header class="topbar">
      <span class="brand">
        <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
          <circle class="reef" cx="16" cy="16" r="11" /><circle class="lagoon" cx="16" cy="16" r="3" />
        </svg>
        <span>Atoll lab</span>
      </span>
      <nav aria-label="Parts of the report">
        {parts.map(([id, name]) => <a key={id} href={addressWith(query, { at: id })}>{name}</a>)}
      </nav>
      {children}
      <button type="button" class="theme" onClick={() => themes.choose(next)}
              aria-label={`Colours: ${THEME_WORDS[themes.choice]}. Change to: ${THEME_WORDS[next]}`}
              title={`Colours: ${THEME_WORDS[themes.choice]}`}>
        {THEME_SIGNS[themes.choice]}
      </button>
    </header>
  );
}
