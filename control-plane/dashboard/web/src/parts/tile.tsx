import type { ComponentChildren } from "preact";

interface Props {
  readonly label: string;
  readonly hint?: string; // what exactly it is
  readonly value: string;
  readonly below?: ComponentChildren;
  readonly tone?: "bad" | "warn" | undefined;
}

export function Tile({ label, hint, value, below, tone }: Props) {
  return (
    <div class={`tile ${tone ?? ""}`} title={hint}>
      <dt>{label}</dt>
      <dd class="reading">{value}</dd>
      <dd class="below reading">{below ?? "\u00a0"}</dd>
    </div>
  );
}

export function Tiles({ children, label }: { readonly children: ComponentChildren; readonly label: string }) {
  return <dl class="tiles" aria-label={label}>{children}</dl>;
}
