// Dark or light: the system's wish, or this person's, which is remembered in this browser.

import { useEffect, useState } from "preact/hooks";

export const CHOICES = ["system", "dark", "light"] as const;
export type Choice = (typeof CHOICES)[number];
export type Theme = "dark" | "light";

const KEY = "atoll-theme";

function remembered(): Choice {
  try {
    return CHOICES.find((c) => c === localStorage.getItem(KEY)) ?? "system";
  } catch {
    return "system"; // storage is forbidden: nothing is remembered
  }
}

function remember(choice: Choice): void {
  try {
    localStorage.setItem(KEY, choice);
  } catch {
    // as above
  }
}

export interface Themes {
  readonly choice: Choice;
  readonly theme: Theme;
  readonly choose: (choice: Choice) => void;
}

export function useTheme(): Themes {
  const [choice, setChoice] = useState(remembered);
  const [wish, setWish] = useState(() => matchMedia("(prefers-color-scheme: light)").matches);
  useEffect(() => {
    const media = matchMedia("(prefers-color-scheme: light)");
    const changed = (): void => setWish(media.matches);
    media.addEventListener("change", changed);
    return () => media.removeEventListener("change", changed);
  }, []);
  const theme: Theme = choice === "system" ? (wish ? "light" : "dark") : choice;
  document.documentElement.dataset["theme"] = theme; // before what reads colours is drawn
  const choose = (next: Choice): void => {
    remember(next);
    setChoice(next);
  };
  return { choice, theme, choose };
}
