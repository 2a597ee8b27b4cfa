/**
 * HTTPS to the control plane, which answers for itself with a certificate of its own CA: no public CA counts, and a
 * data plane's certificate does not pass for the control plane's. Every answer is bounded in size and time.
 * Loaded when the node serves already: TLS is no part of the start.
 */
import type { IncomingMessage } from 'node:http';
import type { RequestOptions } from 'node:https';
import type { PeerCertificate, TLSSocket } from 'node:tls';
import { isRecord } from '../../config/schema/validate.ts';
import { CONTROL_PLANE_URI } from '../identity.ts';
import { certificateFingerprint } from '../join-token.ts';

const { request } = process.getBuiltinModule('node:https');
const { X509Certificate } = process.getBuiltinModule('node:crypto');

const TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 64 * 1024;

/** What a TLS connection to the control plane is made with. */
export interface Credentials {
  /** PEM. */
  readonly ca: string;
  readonly certificate?: string;
  readonly privateKey?: string;
}

/** The control plane said no: not a failure of the network. */
export class RefusedByControlPlane extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'RefusedByControlPlane';
    this.status = status;
  }
}

export function requestOptions(url: string, path: string, credentials: Credentials): RequestOptions {
  const { hostname, port } = new URL(url);
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? 443 : Number(port),
    path,
    agent: false,
    ca: credentials.ca,
    ...(credentials.certificate === undefined
      ? {}
      : { cert: credentials.certificate, key: credentials.privateKey }),
    minVersion: 'TLSv1.3',
    rejectUnauthorized: true,
    checkServerIdentity: (_, certificate) => wrongServer(certificate),
  };
}

/**
 * The chain has been verified up to the one CA that counts. Names of hosts say nothing more: a control plane is
 * reached under many. What must be told apart is what else that CA signs, the certificates of data planes.
 */
function wrongServer(certificate: PeerCertificate): Error | undefined {
  const names = (certificate.subjectaltname ?? '').split(', ');
  return names.includes(`URI:${CONTROL_PLANE_URI}`)
    ? undefined
    : new Error('the certificate there is not that of a control plane');
}

/** Posts JSON, gives JSON. Rejects with a RefusedByControlPlane, or the system's error. */
export function post(
  url: string,
  path: string,
  credentials: Credentials,
  body: unknown,
  signal: AbortSignal,
): Promise<unknown> {
  const text = JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const outgoing = request({
      ...requestOptions(url, path, credentials),
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) },
      timeout: TIMEOUT_MS,
      signal: AbortSignal.any([signal, AbortSignal.timeout(2 * TIMEOUT_MS)]),
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('the control plane does not answer')));
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => answerOf(incoming).then(resolve, reject));
    outgoing.end(text);
  });
}

/** The JSON of an answer. Rejects with a RefusedByControlPlane unless its status is 2xx. */
export async function answerOf(incoming: IncomingMessage): Promise<unknown> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of incoming as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > MAX_ANSWER_BYTES) {
      incoming.destroy();
      throw new Error('the answer of the control plane is too large');
    }
    pieces.push(piece);
  }
  const status = incoming.statusCode ?? 0;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.concat(pieces).toString());
  } catch {
    value = undefined;
  }
  if (status >= 200 && status < 300) return value;
  const message = isRecord(value) && typeof value['message'] === 'string' ? value['message'] : '';
  throw new RefusedByControlPlane(
    status,
    `${status}${message === '' ? '' : ` ${message.slice(0, 500).replace(/[\x00-\x1f\x7f]/g, ' ')}`}`,
  );
}

/**
 * The CA certificate with that SHA-256 from the chain that is shown at `url`, in PEM. Nothing is sent and nothing
 * else is believed on this connection. Rejects when the chain does not hold it.
 */
export function pinnedCa(url: string, hash: string, signal: AbortSignal): Promise<string> {
  const { connect } = process.getBuiltinModule('node:tls');
  const { host, port } = requestOptions(url, '/', { ca: '' });
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connect({
      host: host as string,
      port: port as number,
      // The hash decides, below; the secret is only sent on another connection that trusts this CA alone.
      rejectUnauthorized: false,
      minVersion: 'TLSv1.3',
      timeout: TIMEOUT_MS,
    });
    const abort = (): void => void socket.destroy(new Error('given up'));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    socket.on('close', () => signal.removeEventListener('abort', abort));
    socket.on('timeout', () => socket.destroy(new Error('the control plane does not answer')));
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the control plane closed the connection')));
    socket.on('secureConnect', () => {
      const found = caOf(socket, hash);
      if (found !== undefined) resolve(found);
      else reject(new Error('the control plane there is not the one of the join token (another CA)'));
      socket.destroy();
    });
  });
}

function caOf(socket: TLSSocket, hash: string): string | undefined {
  let certificate: PeerCertificate | undefined = socket.getPeerCertificate(true);
  for (let depth = 0; depth < 8 && certificate?.raw !== undefined; depth++) {
    const one = new X509Certificate(certificate.raw);
    if (one.ca && certificateFingerprint(one.raw) === hash) return one.toString();
    const issuer: PeerCertificate | undefined = (certificate as { issuerCertificate?: PeerCertificate })
      .issuerCertificate;
    if (issuer === certificate) return undefined;
    certificate = issuer;
  }
  return undefined;
}
