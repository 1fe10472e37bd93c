import { bytes, count, percent } from "../../src/figures/format";
import { useMemo } from "preact/hooks";
import type { Choice } from "../data/figures";
import type { Pop, PopRun, Report } from "../data/report";
import { milliseconds } from "../data/words";
import { Part } from "../parts/part";
import { SortedTable, type Column } from "../parts/sorted_table";

interface Row {
  readonly run: PopRun;
  readonly place: Pop | undefined;
}

const cityOf = ({ run, place }: Row): string => `${run.id} ${place?.city ?? ""}`;
const fill = ({ run, place }: Row): number | null =>
  run.bytes === null || !place?.capacity_bytes ? null : run.bytes / place.capacity_bytes;

const COLUMNS: readonly Column<Row>[] = [
  { head: "PoP", key: cityOf, cell: (row) => <>{row.run.id} <span class="id">{row.place?.city}</span></> },
  { head: "Requests", key: ({ run }) => run.stats.requests, cell: ({ run }) => count(run.stats.requests) },
  { head: "Hit ratio", key: ({ run }) => run.stats.hit_ratio, cell: ({ run }) => percent(run.stats.hit_ratio) },
  { head: "Byte hit ratio", key: ({ run }) => run.stats.byte_hit_ratio, cell: ({ run }) => percent(run.stats.byte_hit_ratio) },
  { head: "Stale", key: ({ run }) => run.stats.stale, cell: ({ run }) => count(run.stats.stale) },
  { head: "Errors", key: ({ run }) => run.stats.errors, cell: ({ run }) => count(run.stats.errors) },
  { head: "p50", key: ({ run }) => run.stats.latency_ms.p50, cell: ({ run }) => milliseconds(run.stats.latency_ms.p50) },
  { head: "p95", key: ({ run }) => run.stats.latency_ms.p95, cell: ({ run }) => milliseconds(run.stats.latency_ms.p95) },
  { head: "p99", key: ({ run }) => run.stats.latency_ms.p99, cell: ({ run }) => milliseconds(run.stats.latency_ms.p99) },
  { head: "Objects", key: ({ run }) => run.objects, cell: ({ run }) => count(run.objects) },
  { head: "Cached", key: ({ run }) => run.bytes, cell: ({ run }) => bytes(run.bytes) },
  { head: "Filled", key: fill, cell: (row) => percent(fill(row)), hint: "Of the cache’s capacity" },
  { head: "Evictions", key: ({ run }) => run.evictions, cell: ({ run }) => count(run.evictions) },
];

export function Pops({ report, choice: { shown } }: { readonly report: Report; readonly choice: Choice }) {
  const rows = useMemo(() => {
    const places = new Map(report.pops.map((pop) => [pop.id, pop]));
    return shown.pops.map((run): Row => ({ run, place: places.get(run.id) }))
      .sort((a, b) => b.run.stats.requests - a.run.stats.requests);
  }, [report, shown]);
  return (
    <Part id="pops" title="PoPs" about={`${shown.title}; at its end, what the caches hold`}>
      <SortedTable label="Table of PoPs" rows={rows} columns={COLUMNS} idOf={({ run }) => run.id} find="PoPs" />
    </Part>
  );
}
