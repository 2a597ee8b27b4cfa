/**
 * What a control plane and its data planes say to each other. The data plane dials out over TLS:
 *
 *   POST /v1/join    {@link JoinRequest}, no client certificate; answered with an {@link Identity}
 *   POST /v1/renew   {@link RenewRequest}, with the certificate that is about to end; answered the same way
 *   GET  /v1/stream  `Upgrade: cardinal-sync/1`, with a client certificate; after the 101 both sides send frames
 *
 * A frame is four octets of length (big endian) and that much UTF-8 JSON. The first frame of the data plane is
 * `hello`. A generation comes as `begin`, any number of `part`, `end`; it counts when `end` has arrived, the digest is
 * right and the signature holds, and is answered with `ack` or `nack`. Everything is refused that is not expected.
 */
import type { StoredEntity } from '../config/change.ts';
import type { WireReport } from '../observe/traffic/wire-report.ts';

export const PROTOCOL = 'cardinal-sync/1';
/** Larger frames end the connection. Senders cut parts at {@link PART_BYTES}. */
export const MAX_FRAME_BYTES = 4 * 1024 * 1024;
export const PART_BYTES = 256 * 1024;
export const PING_INTERVAL_MS = 15_000;
/** Without any frame for this long a connection is dead. */
export const DEAD_AFTER_MS = 45_000;
/** Most bytes of entities a data plane takes unless it is told otherwise. */
export const DEFAULT_BUDGET_BYTES = 8 * 1024 * 1024;

/**
 * What a join token says beside its secret. The text is `cjt1.<base64url of this JSON>.<secret>`: whoever has it can
 * verify the control plane before sending the secret.
 */
export interface JoinTokenClaims {
  readonly id: string;
  /** SHA-256 of the CA certificate's DER, hex. */
  readonly ca: string;
}

export type DataPlaneRole = 'microgateway' | 'gateway';

export interface JoinRequest {
  readonly token: string;
  readonly node: string;
  readonly role: DataPlaneRole;
  /** The service it stands beside; null for a gateway. */
  readonly service: string | null;
  /** SPKI in PEM, P-256. */
  readonly publicKey: string;
  /** ECDSA-SHA256 (base64) with that key over `cardinal-join\n<token id>\n<node>`: the key is the caller's own. */
  readonly proof: string;
}

export interface RenewRequest {
  readonly publicKey: string;
  /** As in a join, over `cardinal-renew\n<node>`. */
  readonly proof: string;
}

/** A certificate for the key that was shown, and what is needed to trust the control plane. */
export interface Identity {
  /** PEM. Subject alternative names: `spiffe://cardinal/<role>/<service or ->/<node>`. */
  readonly certificate: string;
  /** PEM of the CA. */
  readonly ca: string;
  /** SPKI in PEM, Ed25519: signs generations. */
  readonly signingKey: string;
  /** Milliseconds since the epoch. */
  readonly notAfter: number;
}

/** What a data plane wants. A gateway gets everything. */
export interface Subscription {
  readonly service: string | null;
  /** Names of further services it calls; `*` = all. What its token does not allow is left out and named. */
  readonly calls: readonly string[];
}

export interface Hello {
  readonly type: 'hello';
  readonly node: string;
  readonly role: DataPlaneRole;
  readonly version: string;
  readonly hostname: string;
  /** Names and versions of the plugins that may be configured here. */
  readonly plugins: Readonly<Record<string, string>>;
  readonly subscription: Subscription;
  /** What it serves (or has on disk); null: nothing. */
  readonly have: { readonly generation: number; readonly digest: string } | null;
  /** Most bytes of entities it takes. */
  readonly budgetBytes: number;
  /** Where its status listener is reached from outside, `host:port`; null: it is not. */
  readonly statusAddress: string | null;
}

/** What is signed: the digest says what, the rest for whom and when. */
export interface GenerationManifest {
  readonly generation: number;
  /** `generationDigest` over the entities of this scope. */
  readonly digest: string;
  /** The control plane's hash of the whole configuration: what nodes are compared by. */
  readonly configurationHash: string;
  readonly service: string | null;
  /** What of the subscription is in it, sorted; `*`: all services. */
  readonly calls: readonly string[];
  /** Milliseconds since the epoch. */
  readonly issuedAt: number;
}

export type ControlPlaneFrame =
  | {
      readonly type: 'begin';
      readonly manifest: GenerationManifest;
      /** Ed25519 (base64) over the canonical JSON of the manifest. */
      readonly signature: string;
      /** Digest of what the parts change; null: they are everything. */
      readonly base: string | null;
      /** Names in the subscription that are not allowed or not there. */
      readonly refused: readonly string[];
    }
  | {
      readonly type: 'part';
      readonly puts: readonly { readonly collection: string; readonly entities: readonly StoredEntity[] }[];
      readonly deletes: readonly { readonly collection: string; readonly ids: readonly string[] }[];
    }
  | { readonly type: 'end' }
  /** What it has is what it would get: only the manifest is new. */
  | { readonly type: 'current'; readonly manifest: GenerationManifest; readonly signature: string }
  | { readonly type: 'pong' }
  /** Come back after that time; then the connection is closed. */
  | { readonly type: 'go-away'; readonly retryAfterMs: number };

/** Counters since the last one; what the control plane shows of a node. */
export interface NodeReport {
  readonly type: 'report';
  readonly rssBytes: number;
  readonly requestsTotal: number;
  readonly uptimeSeconds: number;
  readonly generation: number;
  /** What was counted since the last report, bounded in octets. */
  readonly traffic?: WireReport;
}

export type DataPlaneFrame =
  | Hello
  | { readonly type: 'ack'; readonly generation: number; readonly digest: string }
  | {
      readonly type: 'nack';
      readonly generation: number;
      readonly digest: string;
      /**
       * What it is about: `plugin key-auth (…)`, `budget`, `signature`; `base`: it does not have what the parts change,
       * and is sent everything.
       */
      readonly resource: string;
      readonly error: string;
    }
  | NodeReport
  | { readonly type: 'ping' };
