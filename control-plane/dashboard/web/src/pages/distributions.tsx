import { useEffect } from "preact/hooks";
import type { Behaviour, CachePolicy, Configuration, Distribution } from "../api/answers";
import { bytes, plural } from "../figures/format";
import { useAnswer } from "../live/use_answer";
import { Empty, Notice } from "../parts/notice";
import { PurgeDesk } from "../purge/desk";
import type { PageProps } from "./page";

const CONFIG_EVERY_MS = 5_000;

export function Distributions({ live }: PageProps) {
  const { value: config, problem, reload } = useAnswer<Configuration>("/v1/config", CONFIG_EVERY_MS);
  const version = live.layout?.snapshot_version;
  useEffect(() => {
    if (config !== null && version !== undefined && version !== config.snapshot_version) reload();
  }, [version]);
  return (
    <>
      <header class="page-head">
        <h1>Distributions</h1>
        {config && <p class="health">Configuration {config.snapshot_version}</p>}
      </header>
      {problem !== null && <Notice kind="warning" title="The configuration cannot be shown as it is now">{problem}</Notice>}
      <PurgeDesk />
      {config?.distributions.length === 0 && <Empty>The configuration has no distribution.</Empty>}
      {config?.distributions.map((d) => <DistributionPanel key={d.id} distribution={d} />)}
      {config && <Origins config={config} />}
    </>
  );
}

function DistributionPanel({ distribution }: { readonly distribution: Distribution }) {
  return (
    <section class="panel" aria-label={`Distribution ${distribution.id}`}>
      <h2>{distribution.id}</h2>
      <p>{distribution.hosts.map((host) => <code key={host} class="chip">{host === "*" ? "* (every other host)" : host}</code>)}</p>
      <div class="scroll" tabIndex={0} role="region" aria-label={`Behaviours of ${distribution.id}`}>
        <table>
          <thead>
            <tr>
              <th scope="col">Path</th><th scope="col">Origin group</th><th scope="col">Methods</th>
              <th scope="col">Cache</th><th scope="col">Largest object</th><th scope="col">Requests’ Cache-Control</th>
            </tr>
          </thead>
          <tbody>{distribution.behaviours.map((b) => <BehaviourRow key={b.path} behaviour={b} />)}</tbody>
        </table>
      </div>
    </section>
  );
}

// How long answers are kept, in words.
export function lifetimeWords(cache: CachePolicy): string {
  if (!cache.enabled) return "off: every request goes to the origin";
  const parts = [cache.default_ttl === null ? "as the answer says" : `as the answer says, else ${cache.default_ttl}`];
  if (cache.min_ttl !== null) parts.push(`at least ${cache.min_ttl}`);
  if (cache.max_ttl !== null) parts.push(`at most ${cache.max_ttl}`);
  return parts.join("; ");
}

function BehaviourRow({ behaviour: { path, origin_group, allowed_methods, cache } }: { readonly behaviour: Behaviour }) {
  return (
    <tr>
      <th scope="row"><code>{path}</code></th>
      <td>{origin_group}</td>
      <td>{allowed_methods.length === 0 ? "all" : allowed_methods.join(", ")}</td>
      <td>{lifetimeWords(cache)}</td>
      <td>{!cache.enabled ? "–" : cache.max_object === null ? "the PoP’s limit" : bytes(cache.max_object)}</td>
      <td>{!cache.enabled ? "–" : cache.honour_request_directives ? "obeyed" : "ignored"}</td>
    </tr>
  );
}

function Origins({ config }: { readonly config: Configuration }) {
  return (
    <section class="panel" aria-label="Origins">
      <h2>Origins</h2>
      <div class="scroll" tabIndex={0} role="region" aria-label="Table of origin groups">
        <table>
          <thead>
            <tr><th scope="col">Group</th><th scope="col">Origins, in order</th><th scope="col">Next one after</th></tr>
          </thead>
          <tbody>
            {config.origin_groups.map((group) => (
              <tr key={group.id}>
                <th scope="row">{group.id}</th>
                <td>
                  {group.origins.map((id) => {
                    const origin = config.origins.find((o) => o.id === id);
                    return <div key={id}>{id} {origin && <span class="quiet">{origin.source} at {origin.endpoint}</span>}</div>;
                  })}
                </td>
                <td>{group.failover_statuses.join(", ") || "no status"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="quiet">
        {config.geo_databases.length === 0
          ? "No address database: only the subnet table says where clients are."
          : `${plural(config.geo_databases.length, "address database")}: ${config.geo_databases
              .map((d) => `${d.type} of ${new Date(d.build_epoch * 1000).toISOString().slice(0, 10)}`).join(", ")}`}
      </p>
    </section>
  );
}
