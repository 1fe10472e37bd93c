// Where in the application one is: the part of the address after '#'. Pure, but for useLocation.

import { useEffect, useState } from "preact/hooks";
import { WINDOWS, type Window } from "./api/figures";

export type Location =
  | { readonly page: "overview"; readonly window: Window }
  | { readonly page: "pop"; readonly pop: string; readonly window: Window }
  | { readonly page: "distributions" }
  | { readonly page: "route"; readonly ip: string; readonly host: string; readonly path: string }
  | { readonly page: "nowhere"; readonly asked: string };

export const FIRST_WINDOW: Window = "5m";

function windowIn(query: URLSearchParams): Window {
  return WINDOWS.find((w) => w === query.get("window")) ?? FIRST_WINDOW;
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

export function parseLocation(hash: string): Location {
  const text = hash.replace(/^#/, "");
  const mark = text.indexOf("?");
  const path = mark < 0 ? text : text.slice(0, mark);
  const query = new URLSearchParams(mark < 0 ? "" : text.slice(mark + 1));
  if (path === "" || path === "/") return { page: "overview", window: windowIn(query) };
  if (path === "/distributions") return { page: "distributions" };
  if (path === "/route") {
    return { page: "route", ip: query.get("ip") ?? "", host: query.get("host") ?? "", path: query.get("path") ?? "" };
  }
  const pop = /^\/pops\/([^/]+)$/.exec(path);
  const id = pop ? decoded(pop[1]!) : null;
  if (id !== null) return { page: "pop", pop: id, window: windowIn(query) };
  return { page: "nowhere", asked: text };
}

export function address(location: Location): string {
  switch (location.page) {
    case "overview": return `#/${windowPart(location.window)}`;
    case "pop": return `#/pops/${encodeURIComponent(location.pop)}${windowPart(location.window)}`;
    case "distributions": return "#/distributions";
    case "route": {
      const query = new URLSearchParams();
      for (const name of ["ip", "host", "path"] as const) {
        if (location[name] !== "") query.set(name, location[name]);
      }
      const text = query.toString();
      return text === "" ? "#/route" : `#/route?${text}`;
    }
    case "nowhere": return `#${location.asked}`;
  }
}

function windowPart(window: Window): string {
  return window === FIRST_WINDOW ? "" : `?window=${window}`;
}

export function useLocation(): Location {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const changed = (): void => setHash(location.hash);
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return parseLocation(hash);
}
