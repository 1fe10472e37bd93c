import type { Verdict } from "../data/figures";
import type { ComparedRow } from "../data/report";

// How far the widest interval of the rows is from zero.
export function spanOf(rows: readonly ComparedRow[]): number {
  return Math.max(1e-9, ...rows.flatMap((row) => [row.low, row.high, row.difference]).map((v) => Math.abs(v ?? 0)));
}

// The interval and the difference in it, zero in the middle.
export function Interval({ row, span, verdict }: { readonly row: ComparedRow; readonly span: number; readonly verdict: Verdict }) {
  const x = (value: number): string => `${(50 + 48 * Math.max(-1, Math.min(1, value / span))).toFixed(2)}%`;
  const { low, high, difference } = row;
  return (
    <svg class={`interval ${verdict}`} width="100%" height="16" aria-hidden="true">
      <line class="zero" x1="50%" x2="50%" y1="0" y2="16" />
      {low !== null && high !== null && <line class="reach" x1={x(low)} x2={x(high)} y1="8" y2="8" />}
      {difference !== null && <circle cx={x(difference)} cy="8" r="3.5" />}
    </svg>
  );
}
