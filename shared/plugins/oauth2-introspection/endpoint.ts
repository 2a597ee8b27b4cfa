/** The introspection endpoint (RFC 7662 section 2): one question, one answer. */
import type { Agent } from 'node:http';
import { ask, openAgent } from '../ask.ts';
import type { Claims } from './verdicts.ts';

const MAX_ANSWER_BYTES = 64 * 1024;

export interface EndpointOptions {
  readonly url: string;
  readonly authorization: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly tokenTypeHint: string | null;
  readonly timeoutMs: number;
  readonly keepaliveMs: number;
}

export class IntrospectionEndpoint {
  readonly #url: URL;
  readonly #agent: Agent;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #hint: string;
  readonly #timeoutMs: number;

  constructor({ url, authorization, headers, tokenTypeHint, timeoutMs, keepaliveMs }: EndpointOptions) {
    this.#url = new URL(url);
    this.#agent = openAgent(this.#url, keepaliveMs);
    this.#headers = {
      ...headers,
      Accept: 'application/json',
      'Content-Type': 'application/x-www-form-urlencoded',
      Authorization: authorization,
    };
    this.#hint = tokenTypeHint === null ? '' : `&token_type_hint=${encodeURIComponent(tokenTypeHint)}`;
    this.#timeoutMs = timeoutMs;
  }

  /** The claims of an active token, else null. Rejects when the endpoint gives no answer that says so. */
  async introspect(
    token: string,
    more: Readonly<Record<string, string>> | undefined,
  ): Promise<Claims | null> {
    const body = `token=${encodeURIComponent(token)}${this.#hint}`;
    const headers = { ...this.#headers, ...more, 'Content-Length': String(body.length) };
    const answer = await ask({
      url: this.#url,
      method: 'POST',
      headers,
      body,
      timeoutMs: this.#timeoutMs,
      maxBytes: MAX_ANSWER_BYTES,
      agent: this.#agent,
    });
    if (answer.status !== 200) throw new Error(`the introspection endpoint answered ${answer.status}`);
    const claims = parse(answer.body);
    if (typeof claims['active'] !== 'boolean')
      throw new Error('the answer does not say whether the token is active');
    return claims['active'] ? claims : null;
  }

  close(): void {
    this.#agent.destroy();
  }
}

function parse(body: Buffer): Claims {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    throw new Error('the answer of the introspection endpoint is no JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error('the answer of the introspection endpoint is no object');
  // Without a prototype: members are looked up by configured names.
  return Object.assign(Object.create(null), value) as Claims;
}
