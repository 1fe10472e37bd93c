import { useMemo } from "preact/hooks";
import { percent, plural } from "../../src/figures/format";
import { Notice } from "../../src/parts/notice";
import { kept } from "../data/figures";
import type { LinkProof } from "../data/report";
import { figureDifference, milliseconds } from "../data/words";
import { Part } from "../parts/part";
import { SortedTable, type Column } from "../parts/sorted_table";

const off = (link: LinkProof): number | null => (link.measured_ms === null ? null : link.measured_ms - link.asked_ms);
const relative = (link: LinkProof): number | null => {
  const difference = off(link);
  return difference === null || link.asked_ms <= 0 ? null : Math.abs(difference) / link.asked_ms;
};

const COLUMNS: readonly Column<LinkProof>[] = [
  { head: "From", key: (l) => l.from, cell: (l) => l.from },
  { head: "To", key: (l) => l.to, cell: (l) => l.to },
  { head: "Asked for", key: (l) => l.asked_ms, cell: (l) => milliseconds(l.asked_ms) },
  { head: "Measured", key: (l) => l.measured_ms, cell: (l) => milliseconds(l.measured_ms) },
  { head: "Difference", key: off, cell: (l) => figureDifference("rtt_ms", off(l)) },
  { head: "Of it", key: relative, cell: (l) => percent(relative(l)) },
  { head: "Kept", key: (l) => (kept(l) ? "yes" : "no"), cell: (l) => (kept(l) ? "✓ yes" : <span class="warn">✗ no</span>) },
];

// How well the relay kept what the scenario asked it for.
export function Links({ links }: { readonly links: readonly LinkProof[] }) {
  const broken = links.filter((link) => !kept(link)).length;
  const rows = useMemo(() => [...links].sort((a, b) => Number(kept(a)) - Number(kept(b))), [links]);
  return (
    <Part id="links" title="Links" about="Round trips through the relay beside those that were asked for; kept is within 1 ms or 2 %, whichever is more.">
      {broken === 0
        ? <p>{links.length === 1 ? "The link is" : `All ${plural(links.length, "link")} are`} as asked for.</p>
        : <Notice kind="warning" title={`${broken} of ${plural(links.length, "link")} ${broken === 1 ? "is" : "are"} not as asked for`}>
            Latencies over them say less.
          </Notice>}
      <SortedTable label="Table of links" rows={rows} columns={COLUMNS} idOf={(l) => `${l.from} ${l.to}`} find="links" />
    </Part>
  );
}
