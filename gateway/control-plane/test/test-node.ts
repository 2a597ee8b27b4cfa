/** A small data plane over real TLS sockets: joins, streams, applies what it is sent, and misbehaves when told to. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import type { Configuration } from '../../../shared/config/entities.ts';
import { EntitySet } from '../../../shared/sync/entity-set.ts';
import { encodeFrame, FrameDecoder } from '../../../shared/sync/frames.ts';
import { joinProofText, parseJoinToken, proveKey, renewProofText } from '../../../shared/sync/join-token.ts';
import { signingKey, verifyManifest } from '../../../shared/sync/manifest.ts';
import {
  type ControlPlaneFrame,
  type DataPlaneFrame,
  type DataPlaneRole,
  DEFAULT_BUDGET_BYTES,
  type GenerationManifest,
  type Hello,
  type Identity,
  PROTOCOL,
} from '../../../shared/sync/protocol.ts';
import { readControlPlaneFrame } from '../../../shared/sync/read-frame.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

interface Credentials {
  readonly cert?: string;
  readonly key?: string;
}

/** One request to the control plane's listener. */
export function ask(
  port: number,
  method: string,
  path: string,
  body: unknown,
  credentials: Credentials & { readonly headers?: Record<string, string> } = {},
): Promise<Answer> {
  const { headers = {}, ...tls } = credentials;
  return new Promise((resolve, reject) => {
    const sent = httpsRequest(
      // The name is looked at where it is the subject of the test.
      { host: '127.0.0.1', port, method, path, headers, agent: false, rejectUnauthorized: false, ...tls },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (piece: string) => {
          text += piece;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
        );
      },
    );
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
  });
}

export interface NodeOptions {
  readonly port: number;
  readonly node: string;
  readonly role?: DataPlaneRole;
  readonly service?: string | null;
  readonly calls?: readonly string[];
  readonly plugins?: Readonly<Record<string, string>>;
  readonly version?: string;
  readonly budgetBytes?: number;
  readonly statusAddress?: string | null;
  /** One pair for many simulated nodes: making them is slow. */
  readonly keys?: { readonly privateKey: KeyObject; readonly publicKey: KeyObject };
}

export class TestNode {
  readonly options: NodeOptions;
  readonly role: DataPlaneRole;
  readonly service: string | null;
  readonly #privateKey: KeyObject;
  readonly #publicKey: string;
  identity: Identity | undefined;
  socket: Duplex | undefined;
  /** Every frame that was received on the present connection. */
  frames: ControlPlaneFrame[] = [];
  /** What is served. */
  entities = new EntitySet();
  manifest: GenerationManifest | undefined;
  refused: readonly string[] = [];
  closed = true;
  /** Called for each complete generation: the reason why it is not taken, or undefined. */
  check: (entities: EntitySet) => { readonly resource: string; readonly error: string } | undefined = () =>
    undefined;
  /** While false, generations are not answered. */
  answers = true;
  #next: { set: EntitySet; manifest: GenerationManifest; refused: readonly string[] } | undefined;
  readonly #waiting = new Set<() => void>();

  constructor(options: NodeOptions) {
    this.options = options;
    this.role = options.role ?? 'microgateway';
    this.service = options.service === undefined ? null : options.service;
    const { privateKey, publicKey } = options.keys ?? generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.#privateKey = privateKey;
    this.#publicKey = publicKey.export({ type: 'spki', format: 'pem' }) as string;
  }

  joinRequest(token: string): Record<string, unknown> {
    const id = parseJoinToken(token)?.claims.id ?? 'unknown';
    return {
      token,
      node: this.options.node,
      role: this.role,
      service: this.service,
      publicKey: this.#publicKey,
      proof: proveKey(joinProofText(id, this.options.node), this.#privateKey),
    };
  }

  async join(token: string): Promise<Answer> {
    const answer = await ask(this.options.port, 'POST', '/v1/join', this.joinRequest(token));
    if (answer.status === 200) this.identity = JSON.parse(answer.body) as Identity;
    return answer;
  }

  async renew(): Promise<Answer> {
    const body = {
      publicKey: this.#publicKey,
      proof: proveKey(renewProofText(this.options.node), this.#privateKey),
    };
    const answer = await ask(this.options.port, 'POST', '/v1/renew', body, this.credentials);
    if (answer.status === 200) this.identity = JSON.parse(answer.body) as Identity;
    return answer;
  }

  get credentials(): { readonly cert?: string; readonly key?: string } {
    if (this.identity === undefined) return {};
    return {
      cert: this.identity.certificate,
      key: this.#privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    };
  }

  /** Opens a stream; resolves with the status of the answer (101: it is open). Sends nothing. */
  open(
    settings: { readonly method?: string; readonly path?: string; readonly protocol?: string } = {},
  ): Promise<number> {
    const { method = 'GET', path = '/v1/stream', protocol = PROTOCOL } = settings;
    return new Promise((resolve, reject) => {
      const sent = httpsRequest({
        host: '127.0.0.1',
        port: this.options.port,
        method,
        path,
        headers: { Connection: 'Upgrade', Upgrade: protocol },
        agent: false,
        ...(this.identity === undefined ? { rejectUnauthorized: false } : { ca: this.identity.ca }),
        ...this.credentials,
      });
      sent.on('error', reject);
      sent.on('response', (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      sent.on('upgrade', (_response, socket, head) => {
        this.#opened(socket, head);
        resolve(101);
      });
      sent.end();
    });
  }

  /** Opens a stream and says hello. */
  async connect(more: Partial<Hello> = {}): Promise<number> {
    const status = await this.open();
    if (status === 101) this.send(this.hello(more));
    return status;
  }

  hello(more: Partial<Hello> = {}): Hello {
    const { options } = this;
    return {
      type: 'hello',
      node: options.node,
      role: this.role,
      version: options.version ?? '0.1.0',
      hostname: `host-of-${options.node}`,
      plugins: options.plugins ?? {},
      subscription: { service: this.service, calls: options.calls ?? [] },
      have:
        this.manifest === undefined
          ? null
          : { generation: this.manifest.generation, digest: this.manifest.digest },
      budgetBytes: options.budgetBytes ?? DEFAULT_BUDGET_BYTES,
      statusAddress: options.statusAddress ?? null,
      ...more,
    };
  }

  send(frame: DataPlaneFrame): void {
    this.socket?.write(encodeFrame(frame));
  }

  /** Resolves when `condition` holds; it is asked after every frame and at the end of the connection. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#waiting.add(resolve);
      });
    }
  }

  untilGeneration(generation: number): Promise<void> {
    return this.until(() => (this.manifest?.generation ?? -1) >= generation);
  }

  untilClosed(): Promise<void> {
    return this.until(() => this.closed);
  }

  count(type: ControlPlaneFrame['type']): number {
    return this.frames.filter((frame) => frame.type === type).length;
  }

  configuration(): Configuration {
    return this.entities.configuration('f'.repeat(32));
  }

  close(): void {
    this.socket?.destroy();
  }

  #opened(socket: Duplex, head: Buffer): void {
    const decoder = new FrameDecoder();
    this.socket = socket;
    this.frames = [];
    this.closed = false;
    const receive = (chunk: Buffer): void => {
      for (const value of decoder.push(chunk)) this.#take(readControlPlaneFrame(value));
      this.#wake();
    };
    socket.on('data', receive);
    socket.on('error', () => {});
    socket.on('end', () => socket.end());
    socket.on('close', () => {
      if (this.socket === socket) this.closed = true;
      this.#wake();
    });
    if (head.length > 0) receive(head);
  }

  #take(frame: ControlPlaneFrame): void {
    this.frames.push(frame);
    switch (frame.type) {
      case 'begin':
        this.#believe(frame.manifest, frame.signature);
        assert.ok(frame.base === null || frame.base === this.entities.digest(), 'a delta to something else');
        this.#next = {
          set: frame.base === null ? new EntitySet() : new EntitySet(this.entities),
          manifest: frame.manifest,
          refused: frame.refused,
        };
        break;
      case 'part':
        assert.ok(this.#next !== undefined, 'a part outside of a generation');
        this.#next.set.apply(frame);
        break;
      case 'end': {
        assert.ok(this.#next !== undefined, 'an end without a beginning');
        const { set, manifest, refused } = this.#next;
        this.#next = undefined;
        assert.equal(set.digest(), manifest.digest);
        const { generation, digest } = manifest;
        const problem = this.check(set);
        if (problem === undefined) {
          this.entities = set;
          this.manifest = manifest;
          this.refused = refused;
          if (this.answers) this.send({ type: 'ack', generation, digest });
        } else if (this.answers) this.send({ type: 'nack', generation, digest, ...problem });
        break;
      }
      case 'current':
        this.#believe(frame.manifest, frame.signature);
        assert.equal(frame.manifest.digest, this.entities.digest());
        this.manifest = frame.manifest;
        break;
      default:
    }
  }

  #believe(manifest: GenerationManifest, signature: string): void {
    const { identity } = this;
    assert.ok(identity !== undefined && verifyManifest(manifest, signature, signingKey(identity.signingKey)));
    assert.equal(manifest.service, this.service);
    const before = this.manifest;
    assert.ok(
      before === undefined ||
        manifest.generation > before.generation ||
        (manifest.generation === before.generation && manifest.issuedAt >= before.issuedAt),
      'older than what is served',
    );
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }
}
