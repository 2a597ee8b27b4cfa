/**
 * Who this node is, on disk: its id, its key and certificate, the CA it trusts and the keys that sign generations.
 * Key and certificate stand in one file, so that they always belong together. The key never leaves this folder.
 */
import type { KeyObject } from 'node:crypto';
import { certificateFingerprint } from '../join-token.ts';
import { signingKey } from '../manifest.ts';
import type { DataPlaneRole, Identity } from '../protocol.ts';
import { readIfThere, writeDurably } from './durable-file.ts';

const { createPrivateKey, randomUUID, X509Certificate } = process.getBuiltinModule('node:crypto');
const { join } = process.getBuiltinModule('node:path');

const NODE_ID = 'node.id';
const IDENTITY = 'identity.json';
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** For whom a certificate is. */
export interface NodeName {
  readonly node: string;
  readonly role: DataPlaneRole;
  readonly service: string | null;
}

export interface NodeIdentity extends Identity, NodeName {
  /** PKCS #8 in PEM. */
  readonly privateKey: string;
  /** Signed what may still be on disk; null when there was no other key. */
  readonly previousSigningKey: string | null;
}

export interface IdentityStore {
  /** Shown in messages. */
  readonly folder: string;
  /** The id of this node, made at the first call. */
  nodeId(): Promise<string>;
  /** Undefined when there is none, or none that can be used; `onUnusable` is told why. */
  load(onUnusable: (reason: string) => void): Promise<NodeIdentity | undefined>;
  save(identity: NodeIdentity): Promise<void>;
}

export function openIdentityStore(folder: string): IdentityStore {
  return {
    folder,
    async nodeId() {
      const known = (await readIfThere(join(folder, NODE_ID)))?.trim();
      if (known !== undefined && UUID.test(known)) return known;
      const id = randomUUID();
      await writeDurably(folder, NODE_ID, `${id}\n`);
      return id;
    },
    async load(onUnusable) {
      const text = await readIfThere(join(folder, IDENTITY));
      if (text === undefined) return undefined;
      try {
        return usable(JSON.parse(text) as NodeIdentity);
      } catch (error) {
        onUnusable((error as Error).message);
        return undefined;
      }
    },
    save: (identity) => writeDurably(folder, IDENTITY, `${JSON.stringify(identity, null, 2)}\n`),
  };
}

/** Throws when something is missing or does not belong together. */
function usable(identity: NodeIdentity): NodeIdentity {
  const certificate = new X509Certificate(identity.certificate);
  if (!certificate.checkPrivateKey(createPrivateKey(identity.privateKey)))
    throw new Error('key and certificate do not belong together');
  if (!new X509Certificate(identity.ca).ca) throw new Error('the CA certificate is none');
  signingKeys(identity);
  if (typeof identity.notAfter !== 'number') throw new Error('notAfter is missing');
  return identity;
}

/** SHA-256 of a certificate's DER, hex: what join tokens name a CA by. */
export function certificateHash(pem: string): string {
  return certificateFingerprint(new X509Certificate(pem).raw);
}

/** When a certificate began to be valid; milliseconds since the epoch. */
export function validFrom(pem: string): number {
  return new X509Certificate(pem).validFromDate.getTime();
}

/** The keys that generations may be signed with, the newest first. */
export function signingKeys(identity: NodeIdentity | undefined): readonly KeyObject[] {
  if (identity === undefined) return [];
  const { signingKey: now, previousSigningKey: before } = identity;
  return before === null ? [signingKey(now)] : [signingKey(now), signingKey(before)];
}
