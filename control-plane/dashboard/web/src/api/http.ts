// Questions to the control plane. A failure is a value with a sentence, never an exception.

export type Answer<T> =
  | { readonly ok: true; readonly value: T; readonly status: number }
  | { readonly ok: false; readonly sentence: string; readonly status: number };

const LIMIT_MS = 10_000;

const refusals = new Set<() => void>();

// `told` is called whenever the control plane answers 401: nobody is logged in (any more). Returns how to end that.
export function onLoggedOut(told: () => void): () => void {
  refusals.add(told);
  return () => refusals.delete(told);
}

// `accept`: further statuses whose body is a good answer too.
export function get<T>(path: string, signal?: AbortSignal, accept: readonly number[] = []): Promise<Answer<T>> {
  return ask<T>(path, signal ? { signal } : {}, accept);
}

export function post<T>(path: string, body: unknown): Promise<Answer<T>> {
  return ask<T>(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  }, []);
}

export function drop<T>(path: string): Promise<Answer<T>> {
  return ask<T>(path, { method: "DELETE" }, []);
}

async function ask<T>(path: string, options: RequestInit, accept: readonly number[]): Promise<Answer<T>> {
  const limit = AbortSignal.timeout(LIMIT_MS);
  const outer = options.signal ?? undefined;
  const ending = new AbortController();
  const end = (): void => ending.abort();
  limit.addEventListener("abort", end);
  outer?.addEventListener("abort", end);
  try {
    const reply = await fetch(path, { ...options, signal: ending.signal, cache: "no-store" });
    const body: unknown = await reply.json().catch(() => null);
    if ((reply.ok || accept.includes(reply.status)) && body !== null) {
      return { ok: true, value: body as T, status: reply.status };
    }
    if (reply.status === 401) refusals.forEach((told) => told());
    return { ok: false, sentence: sentenceOf(body, reply.status), status: reply.status };
  } catch {
    const sentence = limit.aborted
      ? `The control plane has not answered for ${LIMIT_MS / 1000} seconds.`
      : "The control plane does not answer.";
    return { ok: false, sentence, status: 0 };
  } finally {
    limit.removeEventListener("abort", end);
    outer?.removeEventListener("abort", end);
  }
}

export function sentenceOf(body: unknown, status: number): string {
  if (typeof body === "object" && body !== null && "error" in body && typeof body.error === "string" && body.error) {
    const text = body.error;
    return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
  }
  return `The control plane answered ${status} without saying why.`;
}
