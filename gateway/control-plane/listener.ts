/**
 * The listener of the control plane: TLS 1.3 only, three paths, and each of them asks for itself who is there. What
 * comes in before that is bounded in number, rate, size and time.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { isIPv6, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { ListenAddress } from '../../shared/config/settings/listen.ts';
import { bindServers, boundAddresses, cutServer } from '../../shared/observe/bound-servers.ts';
import type { Logger } from '../../shared/observe/logger.ts';
import { PROTOCOL } from '../../shared/sync/protocol.ts';
import type { Clock } from '../../shared/upstream/clock.ts';
import { Admission, type AdmissionOptions } from './admission.ts';
import type { Authority } from './authority.ts';
import type { KeyPair, PeerCertificate } from './certificates.ts';
import { type JoinEndpoint, sendJson } from './join-endpoint.ts';
import type { Revocations } from './revocations.ts';
import type { ControlPlaneMetrics } from './stream-metrics.ts';

const MAX_HEADER_BYTES = 8 * 1024;
const HANDSHAKE_WITHIN_MS = 10_000;
const REQUEST_WITHIN_MS = 10_000;
const LINGER_MS = 2_000;

export interface ListenerOptions {
  readonly listen: readonly ListenAddress[];
  readonly authority: Authority;
  readonly certificate: KeyPair;
  readonly revocations: Revocations;
  readonly endpoint: JoinEndpoint;
  readonly admission: AdmissionOptions;
  readonly maxConnections: number;
  readonly clock: Clock;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Logger;
  readonly metrics: ControlPlaneMetrics;
  /** A connection that has become a stream. `head`: octets that came with the request. False: it was sent away. */
  stream(socket: TLSSocket, peer: PeerCertificate, ip: string, head: Buffer): boolean;
}

export interface Listener {
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
  /** What new connections are shown from now on. */
  renewCertificate(certificate: KeyPair): void;
  /** Stops accepting; streams that are open stay. */
  stop(): void;
  /** Ends everything. */
  close(): Promise<void>;
}

/** Rejects with the system error, its `address` and `port` those that failed. */
export async function startListener(options: ListenerOptions): Promise<Listener> {
  const admissions: Admission[] = [];
  const create = (): Server => {
    const server = createServer(
      {
        ...secureOptions(options),
        requestCert: true,
        // Whether a certificate is needed, and which, is asked by path: joining needs none.
        rejectUnauthorized: false,
        handshakeTimeout: HANDSHAKE_WITHIN_MS,
        ALPNProtocols: ['http/1.1'],
        maxHeaderSize: MAX_HEADER_BYTES,
        headersTimeout: REQUEST_WITHIN_MS,
        requestTimeout: REQUEST_WITHIN_MS,
        keepAliveTimeout: 5_000,
        connectionsCheckingInterval: 2_000,
      },
      (request, response) => void answer(request, response, options),
    );
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      upgrade(request, socket as TLSSocket, head, options);
    });
    server.on('tlsClientError', (error, socket) => {
      options.log.debug('a TLS handshake failed', { error });
      socket.destroy();
    });
    admissions.push(throttle(server, options));
    return server;
  };
  const servers = (await bindServers(options.listen, create, options.maxConnections)) as Server[];
  return {
    addresses: boundAddresses(servers),
    renewCertificate(certificate) {
      for (const server of servers) server.setSecureContext(secureOptions({ ...options, certificate }));
    },
    stop() {
      for (const admission of admissions) admission.close();
      for (const server of servers) server.close();
    },
    async close() {
      for (const admission of admissions) admission.close();
      await Promise.all(servers.map(cutServer));
    },
  };
}

function secureOptions({ authority, certificate }: Pick<ListenerOptions, 'authority' | 'certificate'>) {
  return {
    key: certificate.privateKey,
    cert: certificate.certificate,
    ca: authority.caCertificate,
    minVersion: 'TLSv1.3' as const,
  };
}

/** Puts the queue between the socket that is accepted and what TLS does with it. */
function throttle(server: Server, { admission, clock, metrics }: ListenerOptions): Admission {
  const handlers = server.listeners('connection') as ((socket: Socket) => void)[];
  server.removeAllListeners('connection');
  const accepted = metrics.connections.with('accepted');
  const queue = new Admission(admission, clock, (socket) => {
    accepted.add(1);
    for (const handle of handlers) handle.call(server, socket);
  });
  const dropped = metrics.connections.with('queue_full');
  server.on('connection', (socket: Socket) => {
    if (!queue.arrive(socket)) dropped.add(1);
  });
  return queue;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: ListenerOptions,
): Promise<void> {
  const { endpoint } = options;
  const socket = request.socket as TLSSocket;
  const ip = peerAddress(socket);
  const path = request.url;
  const known = path === '/v1/join' || path === '/v1/renew' || path === '/v1/stream';
  if (!known) return sendJson(response, 404, { message: 'Not found' });
  if (path === '/v1/stream') {
    response.setHeader('Upgrade', PROTOCOL);
    return sendJson(response, 426, { message: `this path speaks ${PROTOCOL}` });
  }
  if (request.method !== 'POST') {
    response.setHeader('Allow', 'POST');
    return sendJson(response, 405, { message: 'Method not allowed' });
  }
  if (path === '/v1/join') return endpoint.join(request, response, ip);
  const peer = peerOf(socket, options);
  if (peer === undefined) {
    options.metrics.renewals.with('refused').add(1);
    return sendJson(response, 401, { message: 'renewal refused' });
  }
  return endpoint.renew(request, response, ip, peer);
}

function upgrade(request: IncomingMessage, socket: TLSSocket, head: Buffer, options: ListenerOptions): void {
  const { metrics } = options;
  const problem = upgradeProblem(request);
  const peer = problem === undefined ? peerOf(socket, options) : undefined;
  if (peer === undefined) {
    metrics.streams.with('refused').add(1);
    socket.on('error', () => {});
    // Nobody reads it any more: what still comes, its end among it, must not keep it open.
    socket.resume();
    socket.end(`HTTP/1.1 ${problem ?? '401 Unauthorized'}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    socket.setTimeout(LINGER_MS, () => socket.destroy());
    return;
  }
  const ip = peerAddress(socket);
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${PROTOCOL}\r\n\r\n`);
  metrics.streams.with(options.stream(socket, peer, ip, head) ? 'accepted' : 'refused').add(1);
}

/** Status line of the answer; undefined when the request may become a stream. */
function upgradeProblem({ url, method, headers }: IncomingMessage): string | undefined {
  if (url !== '/v1/stream') return '404 Not Found';
  if (method !== 'GET') return '405 Method Not Allowed';
  return headers.upgrade?.toLowerCase() === PROTOCOL ? undefined : '426 Upgrade Required';
}

/**
 * Who is at the other end, when the certificate is one of ours, in time and not revoked. TLS has made sure that the
 * peer has its key; the signature, the dates and the purpose are looked at here, by the clock that issues them.
 */
function peerOf(socket: TLSSocket, options: ListenerOptions): PeerCertificate | undefined {
  const { raw } = socket.getPeerCertificate() as { readonly raw?: Buffer };
  const ip = peerAddress(socket);
  const refuse = (reason: string): undefined => {
    options.log.warn('a data plane is refused', { ip, reason });
    return undefined;
  };
  if (raw === undefined) return refuse('it shows no certificate');
  const peer = options.authority.peer(raw);
  if (peer === undefined) return refuse('its certificate is not from this control plane');
  const now = options.now();
  if (now < peer.notBefore || now >= peer.notAfter) return refuse('its certificate is not in time');
  if (options.revocations.refuses(peer)) return refuse(`node ${peer.identity.node} is revoked`);
  return peer;
}

/** Without the IPv6 form of an IPv4 address. */
function peerAddress(socket: Socket): string {
  const address = socket.remoteAddress ?? '';
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  return mapped?.[1] ?? (isIPv6(address) ? (address.split('%', 1)[0] as string) : address);
}
