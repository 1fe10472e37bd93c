// What a role may do: docs/access.md. Pure.

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Role, Session } from "../api/answers";

const RANK: Record<Role, number> = { viewer: 0, operator: 1, admin: 2 };

// Why the session may not do what needs this role; empty when it may.
export function refusal(session: Session | null, needed: Role): string {
  if (session === null) return "It is not known yet who is logged in.";
  if (RANK[session.role] >= RANK[needed]) return "";
  return `This needs the role ${needed}, and the token “${session.token ?? ""}” has the role ${session.role}.`;
}

export const SessionContext = createContext<Session | null>(null);

// The same about who looks at the page.
export function useRefusal(needed: Role): string {
  return refusal(useContext(SessionContext), needed);
}
