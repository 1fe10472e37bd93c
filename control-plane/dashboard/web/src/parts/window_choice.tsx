import { WINDOWS, type Window } from "../api/figures";

export const WINDOW_WORDS: Record<Window, string> = {
  "1m": "1 min", "5m": "5 min", "1h": "1 h", "6h": "6 h", "24h": "24 h",
};

interface Props {
  readonly window: Window;
  readonly href: (window: Window) => string;
}

// Links, so that the choice is part of the address.
export function WindowChoice({ window, href }: Props) {
  return (
    <nav class="choice" aria-label="Time window">
      {WINDOWS.map((w) => (
        <a key={w} href={href(w)} aria-current={w === window ? "true" : undefined}>{WINDOW_WORDS[w]}</a>
      ))}
    </nav>
  );
}
