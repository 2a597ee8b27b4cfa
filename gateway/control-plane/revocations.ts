/**
 * Nodes whose certificates are not taken any more. A revocation is a moment: what was issued to that node before it is
 * refused, what a new join gives it is not. Known in memory, so that a stream is judged while the store is away;
 * what other replicas revoke is seen when the documents are read again.
 */
import type { Documents } from './authority.ts';
import type { PeerCertificate } from './certificates.ts';

/** Kind of the documents. */
export const REVOKED_NODE_KIND = 'revoked_node';
/** Longer than any certificate lives: after that there is nothing left to refuse. */
const KEPT_SECONDS = 30 * 86_400;

export class Revocations {
  readonly #documents: Documents;
  #revokedAt: ReadonlyMap<string, number> = new Map();

  constructor(documents: Documents) {
    this.#documents = documents;
  }

  /** Reads what all replicas have revoked. Rejects with StoreUnavailable and then knows what it knew. */
  async refresh(): Promise<void> {
    const found = new Map<string, number>();
    for (const { key, value } of await this.#documents.documents(REVOKED_NODE_KIND)) {
      found.set(key, (value as { readonly at: number }).at);
    }
    this.#revokedAt = found;
  }

  /** Takes every certificate that the node has been issued. Rejects with StoreUnavailable. `now`: ms since the epoch. */
  async revoke(node: string, now: number): Promise<void> {
    await revokeNode(this.#documents, node, now);
    this.#revokedAt = new Map(this.#revokedAt).set(node, now);
  }

  refuses({ identity, issuedAt }: PeerCertificate): boolean {
    const at = this.#revokedAt.get(identity.node);
    return at !== undefined && issuedAt <= at;
  }
}

/** As `Revocations.revoke`, for whoever has only the store: replicas see it within seconds. */
export async function revokeNode(
  documents: Documents,
  node: string,
  now: number = Date.now(),
): Promise<void> {
  await documents.putDocument(REVOKED_NODE_KIND, node, { at: now }, { ttlSeconds: KEPT_SECONDS });
}
