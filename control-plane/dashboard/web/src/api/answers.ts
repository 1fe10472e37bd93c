// The other answers of the control plane: docs/api.md.

import type { Place, PopState } from "./figures";

export type Role = "viewer" | "operator" | "admin";

// Who is logged in; with authentication off everybody is an admin without a token.
export interface Session {
  readonly authentication: "off" | "required";
  readonly token: string | null; // its name
  readonly role: Role;
  readonly expires_s: number | null; // Unix time
}

export interface OriginHealth {
  readonly id: string;
  readonly reachable: boolean;
  readonly detail: string;
}

export interface Node {
  readonly node: string;
  readonly instance: string;
  readonly version: string;
  readonly state: PopState;
  readonly detail: string;
  readonly listens: readonly string[];
  readonly workers: number;
  readonly cache_capacity: number;
  readonly snapshot_version: number;
  readonly snapshot_refused: string;
  readonly last_purge: number;
  readonly last_seen_ms: number;
  readonly connections: number;
  readonly requests_in_flight: number;
  readonly cpu_millicores: number;
  readonly origins: readonly OriginHealth[];
}

export interface Pop extends Place {
  readonly state: PopState;
  readonly nodes: readonly Node[];
}

export interface CachePolicy {
  readonly enabled: boolean;
  readonly default_ttl: string | null;
  readonly min_ttl: string | null;
  readonly max_ttl: string | null;
  readonly max_object: number | null;
  readonly honour_request_directives: boolean;
}

export interface Behaviour {
  readonly path: string;
  readonly origin_group: string;
  readonly allowed_methods: readonly string[];
  readonly cache: CachePolicy;
}

export interface Distribution {
  readonly id: string;
  readonly hosts: readonly string[];
  readonly behaviours: readonly Behaviour[];
}

export interface Origin {
  readonly id: string;
  readonly endpoint: string;
  readonly source: string;
  readonly head_timeout: string;
  readonly timeout: string;
}

export interface OriginGroup {
  readonly id: string;
  readonly origins: readonly string[];
  readonly failover_statuses: readonly number[];
}

export interface Configuration {
  readonly snapshot_version: number;
  readonly pops: readonly Place[];
  readonly origins: readonly Origin[];
  readonly origin_groups: readonly OriginGroup[];
  readonly distributions: readonly Distribution[];
  readonly geo_databases: readonly { readonly path: string; readonly type: string; readonly build_epoch: number }[];
}

export interface PurgeStarted {
  readonly number: number;
}

export interface PurgeNode {
  readonly pop: string;
  readonly node: string;
  readonly acknowledged: boolean;
  readonly objects?: number;
  readonly duration_us?: number;
  readonly after_us?: number;
}

export interface Purge {
  readonly number: number;
  readonly time_ms: number;
  readonly kind: string;
  readonly value: string;
  readonly soft: boolean;
  readonly done: boolean;
  readonly nodes: readonly PurgeNode[];
}

export interface Candidate {
  readonly pop: string;
  readonly city: string;
  readonly country: string;
  readonly state: PopState;
  readonly pinned: boolean;
  readonly distance_km?: number;
  readonly rtt_ms?: number;
}

export interface Route {
  readonly client: string;
  readonly client_prefix: string;
  readonly place: {
    readonly source: string;
    readonly country: string;
    readonly city: string;
    readonly latitude?: number;
    readonly longitude?: number;
  };
  readonly pop: string | null;
  readonly endpoints: readonly string[];
  readonly reason: string;
  readonly explanation: string;
  readonly distribution?: string;
  readonly location?: string;
  readonly candidates: readonly Candidate[];
}
