/**
 * The certificate of this node over time: from the disk, joined with a token, renewed at half of its life, used until
 * it ends, then joined anew. Nothing here touches what is served.
 */
import type { KeyObject } from 'node:crypto';
import type { Timer } from '../../upstream/clock.ts';
import { parseJoinToken } from '../join-token.ts';
import type { AgentOptions } from './contract.ts';
import { certificateHash, type NodeIdentity, signingKeys, validFrom } from './identity-store.ts';

/** Renewed at this part of its life, give or take a tenth of that: nodes that joined together do not renew together. */
const RENEW_AT = 0.5;
const RENEW_JITTER = 0.1;
const RETRY_FIRST_MS = 10_000;
const RETRY_LONGEST_MS = 600_000;
/** Timers of Node are no longer than 24 days. */
const LONGEST_TIMER_MS = 24 * 3_600_000;

export type Join = (previous: NodeIdentity | undefined) => Promise<NodeIdentity>;
export type Renew = (identity: NodeIdentity) => Promise<NodeIdentity>;

export class NodeCredentials {
  readonly #options: AgentOptions;
  #identity: NodeIdentity | undefined;
  #renewAt = 0;
  #timer: Timer | undefined;
  #renew: Renew | undefined;
  #retries = 0;
  #rejoin = false;
  #closed = false;

  constructor(options: AgentOptions) {
    this.#options = options;
  }

  get identity(): NodeIdentity | undefined {
    return this.#identity;
  }

  get signingKeys(): readonly KeyObject[] {
    return signingKeys(this.#identity);
  }

  /** Undefined without a certificate. Milliseconds since the epoch. */
  get times(): { readonly renewAt: number; readonly notAfter: number } | undefined {
    const identity = this.#identity;
    return identity === undefined ? undefined : { renewAt: this.#renewAt, notAfter: identity.notAfter };
  }

  async load(): Promise<void> {
    const { identityStore, name, log } = this.#options;
    const { folder } = identityStore;
    const identity = await identityStore.load((reason) =>
      log.error('the identity on disk cannot be used', { folder, reason }),
    );
    if (identity === undefined) return;
    if (identity.role !== name.role || identity.service !== name.service || identity.node !== name.node) {
      log.warn('the identity on disk is that of another node: each needs a data_dir of its own', {
        folder,
        service: identity.service,
        node: identity.node,
      });
      return;
    }
    this.#use(identity, 0);
  }

  /** A certificate that may be shown now. Joins when there is none. Rejects with what went wrong. */
  async ensure(join: Join): Promise<NodeIdentity> {
    const { token, clock } = this.#options;
    const identity = this.#identity;
    if (identity !== undefined && !this.#rejoin && !this.#tokenIsForAnother(identity)) {
      if (identity.notAfter > clock.wallNow()) return identity;
      if (token === '') {
        const ended = new Date(identity.notAfter).toISOString();
        throw new Error(`the certificate ended at ${ended}: a new join token is needed (setting token)`);
      }
    }
    if (token === '') throw new Error('a join token is needed (setting token)');
    this.#rejoin = false;
    const joined = await join(identity);
    await this.#keep(joined);
    this.#options.log.notice('joined the control plane', {
      node: joined.node,
      until: new Date(joined.notAfter).toISOString(),
    });
    return joined;
  }

  /** The control plane does not take this certificate: with a token the next attempt joins anew. */
  refused(): void {
    if (this.#options.token !== '') this.#rejoin = true;
  }

  /** Renews in time from now on, this certificate and those after it. */
  renewWith(renew: Renew): void {
    this.#renew = renew;
    this.#watch();
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #watch(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const identity = this.#identity;
    const renew = this.#renew;
    const { clock } = this.#options;
    const now = clock.wallNow();
    if (identity === undefined || renew === undefined || this.#closed || now >= identity.notAfter) return;
    const retry = Math.min(RETRY_FIRST_MS * 2 ** (this.#retries - 1), RETRY_LONGEST_MS);
    const wait = this.#retries > 0 ? retry * (0.9 + 0.2 * clock.random()) : Math.max(0, this.#renewAt - now);
    this.#timer = clock.after(Math.min(wait, LONGEST_TIMER_MS), () => {
      if (this.#retries === 0 && clock.wallNow() < this.#renewAt) this.#watch();
      else void this.#renewNow(identity, renew);
    });
  }

  async #renewNow(identity: NodeIdentity, renew: Renew): Promise<void> {
    const { log } = this.#options;
    try {
      const renewed = await renew(identity);
      // It may have joined anew meanwhile.
      if (this.#identity !== identity || this.#closed) return;
      await this.#keep(renewed);
      log.info('the certificate was renewed', { until: new Date(renewed.notAfter).toISOString() });
    } catch (error) {
      if (this.#identity !== identity || this.#closed) return;
      this.#retries++;
      log.warn('the certificate could not be renewed; it is tried again', {
        error,
        until: new Date(identity.notAfter).toISOString(),
      });
      this.#watch();
    }
  }

  #tokenIsForAnother(identity: NodeIdentity): boolean {
    const claims = parseJoinToken(this.#options.token)?.claims;
    return claims !== undefined && claims.ca !== certificateHash(identity.ca);
  }

  /** Renewed from `earliest` on: with a clock that is far ahead of the control plane's every new one is old. */
  #use(identity: NodeIdentity, earliest: number): void {
    this.#identity = identity;
    const from = Math.min(validFrom(identity.certificate), identity.notAfter);
    const part = RENEW_AT * (1 - RENEW_JITTER + 2 * RENEW_JITTER * this.#options.clock.random());
    this.#renewAt = Math.max(from + part * (identity.notAfter - from), earliest);
    this.#retries = 0;
    this.#watch();
  }

  async #keep(identity: NodeIdentity): Promise<void> {
    this.#use(identity, this.#options.clock.wallNow() + RETRY_FIRST_MS);
    try {
      await this.#options.identityStore.save(identity);
    } catch (error) {
      this.#options.log.error('the certificate could not be kept on disk: a restart needs the token again', {
        error,
      });
    }
  }
}
