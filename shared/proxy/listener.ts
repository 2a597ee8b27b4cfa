/**
 * A bound address: accepts connections, keeps the set of them, and lets go of them at a drain. TLS
 * listeners pick the certificate by server name from the snapshot in force.
 */
import * as net from 'node:net';
import type { Server as TlsServer } from 'node:tls';
import { ClientConnection } from './client-connection.ts';
import type { ProxyContext } from './context.ts';
import type { BoundListener, ListenerSpec } from './contract.ts';

const HANDSHAKE_TIMEOUT_MS = 10_000;

/** TLS 1.2 with forward secrecy and AEAD only, and 1.3 (RFC 9325 4.2). */
const TLS12_CIPHERS =
  'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:' +
  'ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:' +
  'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256';

export class Listener {
  readonly spec: ListenerSpec;
  port: number;
  host: string;
  /** No new exchange may keep its connection. */
  draining = false;
  private readonly server: net.Server;
  private readonly context: ProxyContext;
  private readonly connections = new Set<ClientConnection>();
  private emptied: (() => void) | undefined;

  constructor(spec: ListenerSpec, context: ProxyContext) {
    this.spec = spec;
    this.context = context;
    this.port = spec.port;
    this.host = spec.host;
    const accept = (socket: net.Socket): void => this.accept(socket);
    if (spec.tls) {
      const server = process.getBuiltinModule('node:tls').createServer(
        {
          minVersion: 'TLSv1.2',
          ciphers: TLS12_CIPHERS,
          ecdhCurve: 'X25519:P-256:P-384',
          honorCipherOrder: true,
          ALPNProtocols: ['http/1.1'],
          handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
          // Never throws: a throwing callback would end the process (CVE-2026-21637).
          SNICallback: (name, done) => {
            try {
              done(null, context.snapshot?.certificateFor(name));
            } catch (error) {
              done(error as Error);
            }
          },
        },
        accept,
      );
      server.on('tlsClientError', (_, socket) => socket.destroy());
      this.server = server;
    } else
      this.server = net.createServer(
        { noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 },
        accept,
      );
    // Counts sockets before their TLS handshake too: those are not connections of ours yet, but they cost.
    this.server.maxConnections = context.settings.maxConnections;
    this.server.on('error', (error) => context.log.error('listener failed', { error: error.message }));
  }

  /** The certificate for clients that name no server, or one that is not ours. */
  useDefaultCertificate(pem: { readonly cert: string; readonly key: string } | undefined): void {
    if (this.spec.tls && pem !== undefined)
      (this.server as TlsServer).setSecureContext({ ...pem, ciphers: TLS12_CIPHERS });
  }

  private accept(socket: net.Socket): void {
    const { metrics, settings } = this.context;
    if (metrics.connectionsActive >= settings.maxConnections || socket.remoteAddress === undefined) {
      socket.on('error', () => {});
      socket.destroy();
      return;
    }
    if (this.spec.tls) socket.setNoDelay(true);
    metrics.connectionsAccepted++;
    metrics.connectionsActive++;
    metrics.accepted.add(1);
    this.connections.add(new ClientConnection(socket, this.context, this));
  }

  forget(connection: ClientConnection): void {
    if (!this.connections.delete(connection)) return;
    this.context.metrics.connectionsActive--;
    if (this.connections.size === 0) this.emptied?.();
  }

  /** Rejects with the system error when the address cannot be bound. */
  listen(): Promise<BoundListener> {
    const { spec, server } = this;
    return new Promise((resolve, reject) => {
      const failed = (error: Error): void => reject(error);
      server.once('error', failed);
      server.listen(
        {
          host: spec.host,
          port: spec.port,
          backlog: spec.backlog,
          reusePort: spec.reusePort,
          exclusive: true,
        },
        () => {
          server.off('error', failed);
          const address = server.address() as net.AddressInfo;
          this.port = address.port;
          this.host = address.address;
          resolve({ spec, host: address.address, port: address.port });
        },
      );
    });
  }

  /** Accepts no more; closes idle connections, tells WebSockets. Settles when the last one has ended. */
  drain(): Promise<void> {
    this.draining = true;
    this.server.close();
    const done = new Promise<void>((resolve) => {
      this.emptied = resolve;
    });
    for (const connection of this.connections) connection.drain();
    if (this.connections.size === 0) return Promise.resolve();
    return done;
  }

  /** Cuts what is left and says how many there were. */
  close(): number {
    this.draining = true;
    this.server.close();
    const cut = this.connections.size;
    for (const connection of this.connections) connection.socket.destroy();
    return cut;
  }
}
