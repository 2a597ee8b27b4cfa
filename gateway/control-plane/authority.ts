/**
 * The CA, the signing key and the listener's certificate of a control plane: made on first use, kept in the store's
 * documents, so that all replicas are one control plane. Whoever is second takes what the first one has made.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import type { DataPlaneIdentity } from '../../shared/sync/identity.ts';
import { certificateFingerprint } from '../../shared/sync/join-token.ts';
import { signManifest } from '../../shared/sync/manifest.ts';
import type { GenerationManifest, Identity } from '../../shared/sync/protocol.ts';
import { type Store, StoreConflict } from '../store/contract.ts';
import {
  type AllowedCalls,
  createAuthority,
  type Issuer,
  issueToDataPlane,
  issueToListener,
  type KeyPair,
  openIssuer,
  type PeerCertificate,
  readPeerCertificate,
} from './certificates.ts';

/** Kind of the documents that this file owns. They hold private keys. */
export const AUTHORITY_KIND = 'control_plane';
export const CERTIFICATE_LIFETIME_MS = 24 * 3_600_000;
const LISTENER_LIFETIME_MS = 90 * 86_400_000;

export type Documents = Pick<Store, 'document' | 'documents' | 'putDocument' | 'deleteDocument'>;

export interface ListenerCertificate extends KeyPair {
  /** Milliseconds since the epoch: when another one should take its place. */
  readonly renewAt: number;
}

interface StoredListenerCertificate extends KeyPair {
  readonly renewAt: number;
}

export class Authority {
  /** PEM. */
  readonly caCertificate: string;
  /** SHA-256 over the CA certificate's DER, hex. */
  readonly fingerprint: string;
  readonly #documents: Documents;
  readonly #issuer: Issuer;
  readonly #signingKey: KeyObject;
  readonly #signingPublic: string;

  private constructor(documents: Documents, ca: KeyPair, issuer: Issuer, signing: string) {
    this.#documents = documents;
    this.#issuer = issuer;
    this.caCertificate = ca.certificate;
    this.fingerprint = certificateFingerprint(issuer.certificate.raw);
    this.#signingKey = createPrivateKey(signing);
    this.#signingPublic = createPublicKey(this.#signingKey).export({ type: 'spki', format: 'pem' }) as string;
  }

  /** Rejects with StoreUnavailable. `now`: milliseconds since the epoch. */
  static async open(documents: Documents, now: number): Promise<Authority> {
    const ca = await firstWins(documents, 'ca', () => createAuthority(now));
    const signing = await firstWins(documents, 'signing', async () => ({
      privateKey: generateKeyPairSync('ed25519').privateKey.export({
        type: 'pkcs8',
        format: 'pem',
      }) as string,
    }));
    return new Authority(documents, ca, await openIssuer(ca), signing.privateKey);
  }

  sign(manifest: GenerationManifest): string {
    return signManifest(manifest, this.#signingKey);
  }

  async issue(
    publicKey: KeyObject,
    identity: DataPlaneIdentity,
    grant: { readonly calls: AllowedCalls; readonly now: number; readonly lifetimeMs: number },
  ): Promise<Identity> {
    return {
      certificate: await issueToDataPlane(this.#issuer, publicKey, identity, grant),
      ca: this.caCertificate,
      signingKey: this.#signingPublic,
      notAfter: Math.floor((grant.now + grant.lifetimeMs) / 1000) * 1000,
    };
  }

  /** See `readPeerCertificate`. */
  peer(raw: Buffer): PeerCertificate | undefined {
    return readPeerCertificate(raw, this.#issuer.certificate);
  }

  /** The one for these names; replicas with the same names share it. Made anew when two thirds of its time are over. */
  async listenerCertificate(names: readonly string[], now: number): Promise<ListenerCertificate> {
    const sorted = [...new Set(names)].sort();
    const key = `listener-${createHash('sha256').update(JSON.stringify(sorted)).digest('hex').slice(0, 32)}`;
    const stored = await this.#documents.document(AUTHORITY_KIND, key);
    const known = stored?.value as StoredListenerCertificate | undefined;
    if (known !== undefined && now < known.renewAt) return known;
    const pair = await issueToListener(this.#issuer, sorted, { now, lifetimeMs: LISTENER_LIFETIME_MS });
    const value: StoredListenerCertificate = { ...pair, renewAt: now + (LISTENER_LIFETIME_MS * 2) / 3 };
    try {
      await this.#documents.putDocument(AUTHORITY_KIND, key, value, { expected: stored?.version ?? 0 });
    } catch (error) {
      // Another replica has made one at the same moment; this one is as good until it is asked for again.
      if (!(error instanceof StoreConflict)) throw error;
    }
    return value;
  }
}

async function firstWins<T>(documents: Documents, key: string, make: () => Promise<T>): Promise<T> {
  const stored = await documents.document(AUTHORITY_KIND, key);
  if (stored !== undefined) return stored.value as T;
  const made = await make();
  try {
    await documents.putDocument(AUTHORITY_KIND, key, made, { expected: 0 });
    return made;
  } catch (error) {
    if (!(error instanceof StoreConflict)) throw error;
    const first = await documents.document(AUTHORITY_KIND, key);
    if (first === undefined) throw error;
    return first.value as T;
  }
}
