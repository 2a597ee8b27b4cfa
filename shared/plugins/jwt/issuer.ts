/**
 * Tokens of an issuer that publishes its keys. The issuer is configured, its key set is fetched in the background, and
 * `kid` of a token is looked up exactly: nothing in a token says where a key is.
 */
import type { Agent } from 'node:http';
import type { Consumer, PluginEntity } from '../../config/entities.ts';
import { ask, openAgent } from '../ask.ts';
import type { PluginKit, PluginLogger } from '../contract.ts';
import { type ClaimErrors, type ClaimRules, readTimes, type TimeLimits } from './claims.ts';
import { fits, parseKeySet } from './key-set.ts';
import { RemoteKeys } from './remote-keys.ts';
import { signatureHolds } from './signature.ts';
import { own, type Token } from './token.ts';

const MAX_KEY_SET_BYTES = 256 * 1024;

export interface IssuerConfig {
  readonly iss: string;
  readonly jwks_uri: string;
  readonly algorithms: readonly string[];
  readonly audiences: readonly string[] | null;
  readonly consumer_claim: string;
  readonly consumer_by: 'custom_id' | 'username';
  /** Seconds. */
  readonly refresh_interval: number;
  /** Milliseconds. */
  readonly timeout: number;
}

export interface IssuedToken {
  readonly consumer: Consumer;
  readonly credential: PluginEntity;
  readonly identifier: string;
  readonly times: TimeLimits;
}

/** `unavailable`: no key set; otherwise the message of a refusal. */
export type IssuerRefusal = { readonly message: string } | 'unavailable' | ClaimErrors;

export class Issuer {
  readonly #config: IssuerConfig;
  readonly #kit: PluginKit;
  readonly #keys: RemoteKeys;
  readonly #rules: ClaimRules;

  constructor(config: IssuerConfig, rules: ClaimRules, kit: PluginKit) {
    this.#config = config;
    this.#kit = kit;
    // A token that anybody may have issued with a published key set must at least end.
    this.#rules = { ...rules, required: new Set([...rules.required, 'exp']) };
    const { now, log } = kit;
    const { keys } = kit.keep(
      `jwt keys ${JSON.stringify([config.jwks_uri, config.refresh_interval, config.timeout])}`,
      () => openKeys(config, now, log),
      closeKeys,
    );
    this.#keys = keys;
  }

  /** Whether the token says that it is of this issuer. */
  claims(token: Token): boolean {
    return own(token.claims, 'iss') === this.#config.iss;
  }

  /** Of the key set: what was verified with another is to be verified again. */
  get version(): number {
    return this.#keys.holds() ? this.#keys.version : -1;
  }

  verify(token: Token, nowSeconds: number): IssuedToken | IssuerRefusal {
    const { algorithms, consumer_claim: claim } = this.#config;
    if (!algorithms.includes(token.algorithm)) return { message: 'Invalid algorithm' };
    const kid = own(token.header, 'kid');
    if (typeof kid !== 'string' || kid === '') return { message: 'Invalid key/secret' };
    const key = this.#keys.find(kid);
    if (key === 'unavailable') return key;
    if (key === undefined || !fits(key, token.algorithm)) return { message: 'Invalid key/secret' };
    if (!signatureHolds(token, token.algorithm, key.key)) return { message: 'Invalid signature' };
    const times = readTimes(token.claims, this.#rules, nowSeconds);
    if ('errors' in times) return times;
    if (!this.#isForUs(token)) return { errors: { aud: 'not for this audience' } };
    const identifier = own(token.claims, claim);
    if (typeof identifier !== 'string' || identifier === '')
      return { message: `No mandatory '${claim}' in claims` };
    const consumer = this.#consumer(identifier);
    if (consumer === undefined) return { message: `Could not find consumer for '${claim}=${identifier}'` };
    return { consumer, credential: { id: identifier, created_at: 0 }, identifier, times };
  }

  #isForUs(token: Token): boolean {
    const { audiences } = this.#config;
    if (audiences === null) return true;
    const aud = own(token.claims, 'aud');
    const named: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
    return named.some((one) => typeof one === 'string' && audiences.includes(one));
  }

  #consumer(identifier: string): Consumer | undefined {
    const { directory } = this.#kit;
    if (this.#config.consumer_by === 'custom_id') return directory.consumerByCustomId(identifier);
    const consumer = directory.consumer(identifier);
    // A name that is the id of somebody else is not that one.
    return consumer?.username === identifier ? consumer : undefined;
  }
}

interface OpenKeys {
  readonly keys: RemoteKeys;
  readonly agent: Agent;
}

// Kept beyond a configuration: nothing in here may hold on to one.
function openKeys(config: IssuerConfig, now: () => number, log: PluginLogger): OpenKeys {
  const url = new URL(config.jwks_uri);
  const agent = openAgent(url, 0);
  const keys = new RemoteKeys({
    intervalMs: config.refresh_interval * 1000,
    now,
    onFailure: (error) =>
      log.warn('the key set of an issuer cannot be fetched', {
        issuer: config.iss,
        reason: error instanceof Error ? error.message : String(error),
      }),
    async fetch() {
      const answer = await ask({
        url,
        method: 'GET',
        headers: { Accept: 'application/jwk-set+json, application/json' },
        timeoutMs: config.timeout,
        maxBytes: MAX_KEY_SET_BYTES,
        agent,
      });
      if (answer.status !== 200) throw new Error(`the answer has status ${answer.status}`);
      return parseKeySet(answer.body);
    },
  });
  return { keys, agent };
}

function closeKeys({ keys, agent }: OpenKeys): void {
  keys.close();
  agent.destroy();
}
