import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { get, type Answer } from "../api/http";

export interface Loaded<T> {
  readonly value: T | null; // the last good one for this path
  readonly problem: string | null; // why there is no newer one
  readonly reload: () => void;
}

// The answer at `path`, asked for again every `everyMs` (never: 0). A null path asks nothing.
export function useAnswer<T>(path: string | null, everyMs: number, accept: readonly number[] = []): Loaded<T> {
  const [state, setState] = useState<{ path: string | null; value: T | null; problem: string | null }>(
    { path: null, value: null, problem: null });
  const [turn, setTurn] = useState(0);
  const accepted = useRef(accept);
  useEffect(() => {
    if (path === null) return;
    const ending = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async (): Promise<void> => {
      const answer: Answer<T> = await get<T>(path, ending.signal, accepted.current);
      if (ending.signal.aborted) return;
      setState((old) => answer.ok
        ? { path, value: answer.value, problem: null }
        : { path, value: old.path === path ? old.value : null, problem: answer.sentence });
      if (everyMs > 0) timer = setTimeout(() => void ask(), everyMs);
    };
    void ask();
    return () => {
      ending.abort();
      clearTimeout(timer);
    };
  }, [path, everyMs, turn]);
  const reload = useCallback(() => setTurn((t) => t + 1), []);
  const current = state.path === path;
  return { value: current ? state.value : null, problem: current ? state.problem : null, reload };
}
