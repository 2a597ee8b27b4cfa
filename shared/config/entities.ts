/**
 * The entities of a configuration, as they are after validation: every default filled in, every
 * foreign key resolved to an id. Field names, types and defaults are Kong's.
 *
 * These are plain data (they survive `structuredClone` and `JSON.stringify`): a configuration is
 * sent to worker threads and over the control-plane stream as it is. Never put behaviour here.
 */

/** A reference to another entity. */
export interface Ref {
  readonly id: string;
}

export type HttpProtocol = 'http' | 'https' | 'grpc' | 'grpcs';
export type Protocol = HttpProtocol | 'tcp' | 'tls' | 'tls_passthrough' | 'udp';

interface Common {
  readonly id: string;
  /** Unix seconds. */
  readonly created_at: number;
  /** Unix seconds. */
  readonly updated_at: number;
  readonly tags: readonly string[] | null;
}

export interface Service extends Common {
  readonly name: string | null;
  readonly retries: number;
  readonly protocol: Protocol;
  readonly host: string;
  readonly port: number;
  readonly path: string | null;
  /** Milliseconds, like the two below. */
  readonly connect_timeout: number;
  readonly write_timeout: number;
  readonly read_timeout: number;
  readonly client_certificate: Ref | null;
  readonly tls_verify: boolean | null;
  readonly tls_verify_depth: number | null;
  readonly ca_certificates: readonly string[] | null;
  readonly enabled: boolean;
}

export interface Route extends Common {
  readonly name: string | null;
  readonly protocols: readonly Protocol[];
  readonly methods: readonly string[] | null;
  readonly hosts: readonly string[] | null;
  readonly paths: readonly string[] | null;
  readonly headers: Readonly<Record<string, readonly string[]>> | null;
  readonly snis: readonly string[] | null;
  readonly sources: readonly { readonly ip?: string | null; readonly port?: number | null }[] | null;
  readonly destinations: readonly { readonly ip?: string | null; readonly port?: number | null }[] | null;
  readonly https_redirect_status_code: 426 | 301 | 302 | 307 | 308;
  readonly regex_priority: number;
  readonly strip_path: boolean;
  readonly path_handling: 'v0' | 'v1';
  readonly preserve_host: boolean;
  readonly request_buffering: boolean;
  readonly response_buffering: boolean;
  readonly service: Ref | null;
}

export interface Consumer extends Common {
  readonly username: string | null;
  readonly custom_id: string | null;
}

export interface Plugin extends Common {
  readonly name: string;
  readonly instance_name: string | null;
  readonly route: Ref | null;
  readonly service: Ref | null;
  readonly consumer: Ref | null;
  /** Validated against the plugin's own schema, defaults filled in. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly protocols: readonly Protocol[];
  readonly enabled: boolean;
}

export type HashSource =
  | 'none'
  | 'consumer'
  | 'ip'
  | 'header'
  | 'cookie'
  | 'path'
  | 'query_arg'
  | 'uri_capture';

export interface ActiveHealthcheck {
  readonly type: 'http' | 'https' | 'tcp' | 'grpc' | 'grpcs';
  /** Seconds. */
  readonly timeout: number;
  readonly concurrency: number;
  readonly http_path: string;
  readonly https_sni: string | null;
  readonly https_verify_certificate: boolean;
  readonly headers: Readonly<Record<string, readonly string[]>> | null;
  readonly healthy: {
    /** Seconds between probes; 0 = off. */
    readonly interval: number;
    readonly successes: number;
    readonly http_statuses: readonly number[];
  };
  readonly unhealthy: {
    readonly interval: number;
    readonly tcp_failures: number;
    readonly timeouts: number;
    readonly http_failures: number;
    readonly http_statuses: readonly number[];
  };
}

export interface PassiveHealthcheck {
  readonly type: 'http' | 'https' | 'tcp' | 'grpc' | 'grpcs';
  readonly healthy: { readonly successes: number; readonly http_statuses: readonly number[] };
  readonly unhealthy: {
    readonly tcp_failures: number;
    readonly timeouts: number;
    readonly http_failures: number;
    readonly http_statuses: readonly number[];
  };
}

export interface Healthchecks {
  /** Percent (0-100) of the weight that must be exceeded for the upstream to count as available. */
  readonly threshold: number;
  readonly active: ActiveHealthcheck;
  readonly passive: PassiveHealthcheck;
}

export interface Upstream extends Common {
  readonly name: string;
  readonly algorithm: 'consistent-hashing' | 'least-connections' | 'round-robin' | 'latency';
  readonly hash_on: HashSource;
  readonly hash_fallback: HashSource;
  readonly hash_on_header: string | null;
  readonly hash_fallback_header: string | null;
  readonly hash_on_cookie: string | null;
  readonly hash_on_cookie_path: string;
  readonly hash_on_query_arg: string | null;
  readonly hash_fallback_query_arg: string | null;
  readonly hash_on_uri_capture: string | null;
  readonly hash_fallback_uri_capture: string | null;
  readonly slots: number;
  readonly host_header: string | null;
  readonly client_certificate: Ref | null;
  readonly use_srv_name: boolean;
  readonly healthchecks: Healthchecks;
}

export interface Target {
  readonly id: string;
  /** Unix seconds with a fraction. */
  readonly created_at: number;
  readonly updated_at: number;
  readonly tags: readonly string[] | null;
  readonly upstream: Ref;
  /** `host:port`, IPv6 in brackets. */
  readonly target: string;
  readonly weight: number;
}

export interface Certificate extends Common {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
  readonly cert_alt: string | null;
  readonly key_alt: string | null;
}

export interface Sni extends Common {
  readonly name: string;
  readonly certificate: Ref;
}

export interface CaCertificate extends Common {
  readonly cert: string;
  readonly cert_digest: string;
}

export interface Vault extends Common {
  readonly prefix: string;
  readonly name: string;
  readonly description: string | null;
  readonly config: Readonly<Record<string, unknown>>;
}

export interface KeySet extends Common {
  readonly name: string | null;
}

export interface Key extends Common {
  readonly set: Ref | null;
  readonly name: string | null;
  readonly kid: string;
  readonly jwk: string | null;
  readonly pem: { readonly private_key: string | null; readonly public_key: string | null } | null;
}

/** A credential or another entity that a plugin owns; its own fields are in its schema. */
export interface PluginEntity {
  readonly id: string;
  readonly created_at: number;
  readonly tags?: readonly string[] | null;
  readonly consumer?: Ref | null;
  readonly [field: string]: unknown;
}

/** The entities that are not owned by a plugin, by collection name. */
export interface CoreEntities {
  readonly services: readonly Service[];
  readonly routes: readonly Route[];
  readonly consumers: readonly Consumer[];
  readonly plugins: readonly Plugin[];
  readonly upstreams: readonly Upstream[];
  readonly targets: readonly Target[];
  readonly certificates: readonly Certificate[];
  readonly snis: readonly Sni[];
  readonly ca_certificates: readonly CaCertificate[];
  readonly vaults: readonly Vault[];
  readonly key_sets: readonly KeySet[];
  readonly keys: readonly Key[];
}

/** Their collections; those of plugins are in `pluginEntities`. */
export const CORE_COLLECTIONS = [
  'services',
  'routes',
  'consumers',
  'plugins',
  'upstreams',
  'targets',
  'certificates',
  'snis',
  'ca_certificates',
  'vaults',
  'key_sets',
  'keys',
] as const satisfies readonly (keyof CoreEntities)[];

/**
 * A whole validated configuration. `entities` of plugins (`keyauth_credentials`, ...) are in
 * `pluginEntities` by collection name.
 */
export interface Configuration extends CoreEntities {
  readonly pluginEntities: Readonly<Record<string, readonly PluginEntity[]>>;
  /** 32 hex characters; 32 zeros when there are no entities. */
  readonly hash: string;
}
