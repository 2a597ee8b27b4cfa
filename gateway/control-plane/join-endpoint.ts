/**
 * `POST /v1/join` and `POST /v1/renew`: a certificate for a key that the caller has. What is refused is refused in
 * the same words, whatever was wrong with it; the log says more. Bodies are small, and guessing is slow.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '../../shared/observe/logger.ts';
import type { Counter, MetricFamily } from '../../shared/plugins/contract.ts';
import { FrameError } from '../../shared/sync/frames.ts';
import type { DataPlaneIdentity } from '../../shared/sync/identity.ts';
import { joinProofText, parseJoinToken, provenKey, renewProofText } from '../../shared/sync/join-token.ts';
import type { Identity, JoinRequest, RenewRequest } from '../../shared/sync/protocol.ts';
import { isNodeId, readRole, readServiceName } from '../../shared/sync/read-frame.ts';
import type { Authority, Documents } from './authority.ts';
import type { PeerCertificate } from './certificates.ts';
import { redeemJoinToken } from './join-tokens.ts';
import type { NodeRegistry } from './node-registry.ts';
import { FailureThrottle, TokenBucket } from './rate-bounds.ts';
import type { ControlPlaneMetrics } from './stream-metrics.ts';

const MAX_BODY_BYTES = 16 * 1024;
const BODY_WITHIN_MS = 10_000;
const FAILURES_PER_MINUTE = 10;
const CERTIFICATES_PER_SECOND = 50;

/** An answer other than 200. */
class Refusal extends Error {
  readonly status: number;
  readonly result: string;
  readonly retryAfterSeconds: number | undefined;
  /** For the log. */
  readonly why: string;

  constructor(status: number, result: string, message: string, why: string, retryAfterSeconds?: number) {
    super(message);
    this.status = status;
    this.result = result;
    this.why = why;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export interface JoinOptions {
  readonly authority: Authority;
  readonly documents: Documents;
  readonly registry: NodeRegistry;
  readonly metrics: ControlPlaneMetrics;
  readonly log: Logger;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly certificateLifetimeMs: number;
}

export class JoinEndpoint {
  readonly #options: JoinOptions;
  readonly #failures = new FailureThrottle(FAILURES_PER_MINUTE);
  readonly #issuing: TokenBucket;

  constructor(options: JoinOptions) {
    this.#options = options;
    this.#issuing = new TokenBucket(CERTIFICATES_PER_SECOND, CERTIFICATES_PER_SECOND, options.now());
  }

  async join(request: IncomingMessage, response: ServerResponse, ip: string): Promise<void> {
    const { metrics } = this.#options;
    await this.#answer(response, ip, 'a data plane may not join', metrics.joins, async () => {
      const waitMs = this.#failures.waitMs(ip, this.#options.now());
      if (waitMs > 0) throw tooMany('too many failures', waitMs);
      const body = await readJson(request);
      try {
        return await this.#join(readJoin(body));
      } catch (error) {
        if (error instanceof Refusal && error.result === 'refused') {
          this.#failures.failed(ip, this.#options.now());
        }
        throw error;
      }
    });
  }

  /** `peer`: a certificate that is in time and not revoked. */
  async renew(
    request: IncomingMessage,
    response: ServerResponse,
    ip: string,
    peer: PeerCertificate,
  ): Promise<void> {
    const { metrics } = this.#options;
    await this.#answer(response, ip, 'a data plane may not renew', metrics.renewals, async () => {
      const { publicKey, proof } = readRenewal(await readJson(request));
      const { identity, calls } = peer;
      const key = provenKey(publicKey, proof, renewProofText(identity.node));
      if (key === undefined) throw refused('renewal refused', 'the proof of possession is not right');
      return this.#issue(key, identity, calls);
    });
  }

  async #join({ token: text, node, role, service, publicKey, proof }: JoinRequest): Promise<Identity> {
    const { documents, registry, now } = this.#options;
    const token = parseJoinToken(text);
    if (token === undefined) throw refused('join refused', 'the token is no token');
    const key = provenKey(publicKey, proof, joinProofText(token.claims.id, node));
    if (key === undefined) throw refused('join refused', 'the proof of possession is not right');
    const known = await registry.get(node);
    if (known !== undefined && (known.role !== role || known.service !== service)) {
      throw refused('join refused', `node ${node} is known as another one`);
    }
    const calls = await redeemJoinToken(documents, token, { role, service }, now());
    if (calls === undefined) throw refused('join refused', `token ${token.claims.id} does not let it in`);
    return this.#issue(key, { role, service, node }, calls);
  }

  async #issue(
    key: NonNullable<ReturnType<typeof provenKey>>,
    identity: DataPlaneIdentity,
    calls: PeerCertificate['calls'],
  ): Promise<Identity> {
    const { authority, now, certificateLifetimeMs: lifetimeMs } = this.#options;
    const waitMs = this.#issuing.waitMs(now());
    if (!this.#issuing.take(now())) throw tooMany('too many certificates at once', waitMs);
    return authority.issue(key, identity, { calls, now: now(), lifetimeMs });
  }

  async #answer(
    response: ServerResponse,
    ip: string,
    what: string,
    counters: MetricFamily<Counter>,
    make: () => Promise<Identity>,
  ): Promise<void> {
    try {
      const identity = await make();
      counters.with('issued').add(1);
      sendJson(response, 200, identity);
    } catch (error) {
      const refusal =
        error instanceof Refusal
          ? error
          : new Refusal(503, 'unavailable', 'not possible at the moment', (error as Error).message, 5);
      counters.with(refusal.result).add(1);
      this.#options.log.warn(what, { ip, reason: refusal.why });
      if (refusal.retryAfterSeconds !== undefined) {
        response.setHeader('Retry-After', String(refusal.retryAfterSeconds));
      }
      sendJson(response, refusal.status, { message: refusal.message });
    }
  }
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
    Connection: 'close',
  });
  response.end(text);
}

function refused(message: string, why: string): Refusal {
  return new Refusal(401, 'refused', message, why);
}

function tooMany(why: string, waitMs: number): Refusal {
  return new Refusal(429, 'throttled', 'too many requests', why, Math.ceil(waitMs / 1000));
}

function malformed(message: string): Refusal {
  return new Refusal(400, 'malformed', message, message);
}

async function readJson(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  const chunks: Buffer[] = [];
  let size = 0;
  // A slow sender holds one small buffer, and not for long.
  const timer = setTimeout(() => request.destroy(), BODY_WITHIN_MS);
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MAX_BODY_BYTES) throw new Refusal(413, 'malformed', 'the body is too large', 'a large body');
      chunks.push(chunk);
    }
  } finally {
    clearTimeout(timer);
  }
  let value: unknown;
  try {
    value = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw malformed('the body is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw malformed('the body is not a JSON object');
  }
  return value as Readonly<Record<string, unknown>>;
}

function readJoin(body: Readonly<Record<string, unknown>>): JoinRequest {
  const { token, node } = body;
  if (!isNodeId(node)) throw malformed('node is not the id of a node');
  if (typeof token !== 'string') throw malformed('token is missing');
  try {
    const role = readRole(body['role']);
    return { token, node, role, service: readServiceName(body['service']), ...readRenewal(body) };
  } catch (error) {
    throw error instanceof FrameError ? malformed(error.message) : error;
  }
}

function readRenewal({ publicKey, proof }: Readonly<Record<string, unknown>>): RenewRequest {
  if (typeof publicKey !== 'string' || typeof proof !== 'string') {
    throw malformed('publicKey and proof are missing');
  }
  return { publicKey, proof };
}
