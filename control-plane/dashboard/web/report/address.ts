// Which runs are shown and which part is looked at: in the address behind '#', so that a link says it.

import { useEffect, useState } from "preact/hooks";

export function useQuery(): URLSearchParams {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const changed = (): void => setHash(location.hash);
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return new URLSearchParams(hash.replace(/^#/, ""));
}

// The present address with some parts changed.
export function addressWith(query: URLSearchParams, changes: Readonly<Record<string, string>>): string {
  const next = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changes)) next.set(name, value);
  return `#${next.toString()}`;
}

// Brings the part that the address names into view, and the keyboard to it.
export function useScroll(part: string | null): void {
  useEffect(() => {
    if (part === null) return;
    const element = document.getElementById(part);
    element?.focus({ preventScroll: true });
    element?.scrollIntoView();
  }, [part]);
}
