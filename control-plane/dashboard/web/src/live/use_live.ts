import { useEffect, useReducer, useState } from "preact/hooks";
import { BROWSER, Link } from "./link";
import { INITIAL, reduce, type LiveState } from "./state";

// The live state of the page; the stream lives as long as the component.
export function useLive(): LiveState {
  const [state, dispatch] = useReducer(reduce, INITIAL);
  useEffect(() => {
    const link = new Link(BROWSER, dispatch);
    link.start();
    const hurry = (): void => {
      if (document.visibilityState === "visible") link.hurry();
    };
    addEventListener("online", hurry);
    document.addEventListener("visibilitychange", hurry);
    return () => {
      removeEventListener("online", hurry);
      document.removeEventListener("visibilitychange", hurry);
      link.stop();
    };
  }, []);
  return state;
}

// The local time, renewed every second while `running`.
export function useClock(running: boolean): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (!running) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [running]);
  return now;
}
