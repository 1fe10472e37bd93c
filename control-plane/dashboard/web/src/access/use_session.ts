import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Session } from "../api/answers";
import { drop, get, onLoggedOut, post } from "../api/http";

export type Access =
  | { readonly kind: "asking"; readonly problem: string } // a sentence about why it takes so long; or empty
  | { readonly kind: "out"; readonly ended: boolean } // ended: somebody was logged in
  | { readonly kind: "in"; readonly session: Session };

export interface Door {
  readonly access: Access;
  // Empty: one is in; otherwise why not.
  readonly logIn: (token: string) => Promise<string>;
  readonly logOut: () => Promise<string>;
  readonly ask: () => void; // again
}

const RETRY_MS = 2_000;

// Who is logged in, if anybody has to be. Hears of it when any answer says that nobody is.
export function useDoor(): Door {
  const [access, setAccess] = useState<Access>({ kind: "asking", problem: "" });
  const asked = useRef(0); // of several questions the last one counts
  const ask = useCallback(async (): Promise<void> => {
    const turn = ++asked.current;
    const answer = await get<Session>("/v1/session");
    if (turn !== asked.current) return;
    if (answer.ok) setAccess({ kind: "in", session: answer.value });
    else if (answer.status !== 401) {
      // Who was in stays in: the figures say for themselves that they are old.
      setAccess((old) => (old.kind === "asking" ? { kind: "asking", problem: answer.sentence } : old));
    }
  }, []);
  const again = useCallback((): void => void ask(), []);
  useEffect(() => {
    const leave = onLoggedOut(() => {
      ++asked.current;
      setAccess((old) => ({ kind: "out", ended: old.kind === "in" || (old.kind === "out" && old.ended) }));
    });
    const seen = (): void => {
      if (document.visibilityState === "visible") again(); // another tab may have logged in or out
    };
    document.addEventListener("visibilitychange", seen);
    again();
    return () => {
      leave();
      document.removeEventListener("visibilitychange", seen);
    };
  }, []);
  useEffect(() => {
    if (access.kind !== "asking" || access.problem === "") return;
    const timer = setTimeout(again, RETRY_MS);
    return () => clearTimeout(timer);
  }, [access]);
  const logIn = useCallback(async (token: string): Promise<string> => {
    const answer = await post<Session>("/v1/session", { token });
    if (!answer.ok) return answer.sentence;
    ++asked.current;
    setAccess({ kind: "in", session: answer.value });
    return "";
  }, []);
  const logOut = useCallback(async (): Promise<string> => {
    const answer = await drop("/v1/session");
    if (!answer.ok) return answer.sentence;
    ++asked.current;
    setAccess({ kind: "out", ended: false });
    return "";
  }, []);
  return { access, logIn, logOut, ask: again };
}
