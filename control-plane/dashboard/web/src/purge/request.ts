// What a purge form means to POST /v1/purge. Pure.

import type { Purge } from "../api/answers";

export const KINDS = ["url", "prefix", "host", "tag", "everything"] as const;
export type Kind = (typeof KINDS)[number];

export const KIND_WORDS: Record<Kind, { readonly name: string; readonly example: string }> = {
  url: { name: "URL", example: "http://www.example.org/news.html" },
  prefix: { name: "Prefix", example: "http://www.example.org/images/" },
  host: { name: "Host", example: "www.example.org" },
  tag: { name: "Tag", example: "article-17" },
  everything: { name: "Everything", example: "" },
};

export interface Form {
  readonly kind: Kind;
  readonly value: string;
  readonly soft: boolean;
  readonly sure: boolean; // of everything
}

export const BLANK: Form = { kind: "url", value: "", soft: false, sure: false };

// The body, or a sentence about what is missing.
export function requestOf(form: Form): { readonly body: Record<string, string | boolean> } | { readonly missing: string } {
  if (form.kind === "everything") {
    if (!form.sure) return { missing: "Say that you mean every object of every PoP." };
    return { body: { everything: true, soft: form.soft } };
  }
  const value = form.value.trim();
  if (value === "") return { missing: `Say which ${KIND_WORDS[form.kind].name.replace(/^[A-Z](?=[a-z])/, (c) => c.toLowerCase())}.` };
  return { body: { [form.kind]: value, soft: form.soft } };
}

export interface Progress {
  readonly acknowledged: number;
  readonly nodes: number;
  readonly objects: number;
  readonly slowestUs: number | null; // from asking to acknowledgement
}

export function progressOf(purge: Purge): Progress {
  const done = purge.nodes.filter((n) => n.acknowledged);
  const after = done.flatMap((n) => n.after_us ?? []);
  return {
    acknowledged: done.length,
    nodes: purge.nodes.length,
    objects: done.reduce((all, n) => all + (n.objects ?? 0), 0),
    slowestUs: after.length === 0 ? null : Math.max(...after),
  };
}
