import { useEffect, useState } from "preact/hooks";
import type { Purge, PurgeNode } from "../api/answers";
import { get } from "../api/http";
import { count, microseconds, plural } from "../figures/format";
import { progressOf } from "./request";

const POLL_MS = 250;
const SLOW_POLL_MS = 2_000; // after that many quick ones: a node is away
const QUICK_POLLS = 40;

// Follows one purge until every node that was there has acknowledged it.
export function PurgeProgress({ number }: { readonly number: number }) {
  const [purge, setPurge] = useState<Purge | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    const ending = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let polls = 0;
    const ask = async (): Promise<void> => {
      const answer = await get<Purge>(`/v1/purges/${number}`, ending.signal);
      if (ending.signal.aborted) return;
      setProblem(answer.ok ? null : answer.sentence);
      if (answer.ok) setPurge(answer.value);
      if (answer.ok && answer.value.done) return;
      timer = setTimeout(() => void ask(), ++polls < QUICK_POLLS ? POLL_MS : SLOW_POLL_MS);
    };
    void ask();
    return () => {
      ending.abort();
      clearTimeout(timer);
    };
  }, [number]);
  const p = purge && progressOf(purge);
  return (
    <article class="purge-progress" aria-label={`Purge ${number}`}>
      <p role="status">
        <strong>Purge {number}</strong>{" "}
        {purge && <span class="quiet">{purge.soft ? "soft, " : ""}{purge.kind} <code>{purge.value}</code></span>}{" "}
        {p === null ? "…" : p.nodes === 0
          ? "No node was there to take it; each catches up when it joins."
          : `${p.acknowledged} of ${plural(p.nodes, "node")} acknowledged, ${plural(p.objects, "object")}` +
            (p.slowestUs === null ? "" : `, the last after ${microseconds(p.slowestUs)}`)}
      </p>
      {problem !== null && <p class="warn">{problem}</p>}
      {purge && purge.nodes.length > 0 && (
        <ul class="acks">{purge.nodes.map((node) => <Ack key={`${node.pop} ${node.node}`} node={node} />)}</ul>
      )}
    </article>
  );
}

function Ack({ node }: { readonly node: PurgeNode }) {
  return (
    <li class={node.acknowledged ? "done" : "open"}>
      <b>{node.pop}</b>{node.node !== "0" && `/${node.node}`}{" "}
      {node.acknowledged
        ? <span>✓ {microseconds(node.after_us ?? null)} · {count(node.objects ?? null)}</span>
        : <span>waiting…</span>}
    </li>
  );
}
