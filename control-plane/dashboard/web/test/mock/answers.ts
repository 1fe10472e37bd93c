// The mock's answers that are not figures.

import type { Configuration, Pop, Purge, Route } from "../../src/api/answers";
import type { Place, PopState } from "../../src/api/figures";

export interface MockPurge {
  readonly number: number;
  readonly kind: string;
  readonly value: string;
  readonly soft: boolean;
}

export function parsePurge(body: string): Omit<MockPurge, "number"> | { readonly error: string } {
  const { soft = false, ...what } = JSON.parse(body) as Record<string, unknown>;
  const [kind, value] = Object.entries(what)[0] ?? ["", ""];
  if (kind === "url" && !String(value).startsWith("http")) return { error: "url is an absolute http or https URL" };
  return { kind, value: value === true ? "" : String(value), soft: soft === true };
}

export function progress(purge: MockPurge, places: readonly Place[], acknowledging: boolean): Purge {
  const nodes = places.map((place, i) => ({
    pop: place.id, node: "0",
    ...(acknowledging || i % 2 === 0
      ? { acknowledged: true, objects: 3 + i * 2, duration_us: 210 + i, after_us: 2_400 + i * 530 }
      : { acknowledged: false }),
  }));
  return { ...purge, time_ms: 1_764_072_000_000, done: nodes.every((n) => n.acknowledged), nodes };
}

export function pops(places: readonly Place[], stateOf: (pop: string) => PopState): Pop[] {
  return places.map((place) => {
    const state = stateOf(place.id);
    return {
      ...place, state,
      nodes: [{
        node: "0", instance: "8f3a", version: "0.1.0", state,
        detail: state === "not-serving" ? "draining" : state === "down" ? "not heard of" : "",
        listens: place.endpoints, workers: 2, cache_capacity: 2 ** 31,
        snapshot_version: state === "active" ? 7 : 6, snapshot_refused: "", last_purge: 0,
        last_seen_ms: state === "down" ? 74_000 : 240, connections: 51, requests_in_flight: 3, cpu_millicores: 190,
        origins: [
          { id: "site", reachable: true, detail: "" },
          { id: "archive", reachable: state !== "not-serving", detail: state === "not-serving" ? "connection refused" : "" },
        ],
      }],
    };
  });
}

export function config(places: readonly Place[]): Configuration {
  const cache = { enabled: true, default_ttl: "10m", min_ttl: null, max_ttl: "1d", max_object: 64 * 2 ** 20, honour_request_directives: true };
  return {
    snapshot_version: 7, pops: places,
    origins: [
      { id: "site", endpoint: "127.0.0.1:7400", source: "site", head_timeout: "30s", timeout: "0s" },
      { id: "archive", endpoint: "127.0.0.1:7401", source: "archive", head_timeout: "30s", timeout: "0s" },
    ],
    origin_groups: [{ id: "site", origins: ["site", "archive"], failover_statuses: [500, 502, 503, 504] }],
    distributions: [
      {
        id: "shop", hosts: ["shop.example.org", "*.shop.example.org"],
        behaviours: [
          { path: "/account/*", origin_group: "site", allowed_methods: [], cache: { ...cache, enabled: false, default_ttl: null } },
          { path: "*", origin_group: "site", allowed_methods: ["GET", "HEAD", "OPTIONS"], cache },
        ],
      },
      { id: "site", hosts: ["*"], behaviours: [
        { path: "*", origin_group: "site", allowed_methods: [],
          cache: { ...cache, default_ttl: null, max_ttl: null, max_object: null, honour_request_directives: false } }] },
    ],
    geo_databases: [{ path: "geo.mmdb", type: "GeoLite2-Country", build_epoch: 1_762_000_000 }],
  };
}

// A client in Munich, whatever its address.
export function route(query: URLSearchParams, places: readonly Place[],
                      stateOf: (pop: string) => PopState): readonly [number, Route | { readonly error: string }] {
  const ip = query.get("ip") ?? "";
  if (!/^[0-9a-f.:]+$/.test(ip)) return [400, { error: `"${ip}" is not an IP address` }];
  const candidates = places.map((place, i) => ({
    pop: place.id, city: place.city, country: place.country, state: stateOf(place.id), pinned: false,
    distance_km: 305 + i * 2900, rtt_ms: 9.9 + i * 46.4,
  }));
  const chosen = candidates.find((c) => c.state === "active");
  return [chosen ? 200 : 503, {
    client: ip, client_prefix: `${ip.split(".").slice(0, 2).join(".")}.0.0/16`,
    place: { source: "database-country", country: "DE", city: "", latitude: 48.14, longitude: 11.58 },
    pop: chosen?.pop ?? null, endpoints: [], reason: chosen ? "nearest" : "none-active",
    explanation: chosen ? `${chosen.pop} is the nearest PoP, ${chosen.distance_km} km from the client`
      : "no PoP takes requests at the moment",
    distribution: "site", ...(chosen ? { location: "http://127.0.1.1:8080/" } : {}), candidates,
  }];
}
