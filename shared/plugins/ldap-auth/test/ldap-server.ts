/** As much of an LDAP server as a simple bind and StartTLS need (RFC 4511), with all that can go wrong. */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { createServer as createTlsServer, TLSSocket } from 'node:tls';
import type { TestCertificate } from '../../../proxy/test/harness/certificates.ts';

export interface LdapServer {
  readonly port: number;
  /** Passwords by DN. */
  readonly users: Map<string, string>;
  readonly binds: { readonly dn: string; readonly password: string; readonly encrypted: boolean }[];
  connections: number;
  /** Result code instead of a verdict; `silent`: no answer; `close`: the connection is closed. */
  instead: number | 'silent' | 'close' | undefined;
  /** What becomes of the connection after a StartTLS that was granted; default: TLS. */
  afterStartTls: 'tls' | 'close';
  /** Closes all connections, and goes on to listen. */
  drop(): void;
}

interface Options {
  readonly certificate?: TestCertificate;
  /** TLS from the first octet. */
  readonly ldaps?: boolean;
}

export async function startLdapServer(t: TestContext, options: Options = {}): Promise<LdapServer> {
  const sockets = new Set<Socket>();
  const onSocket = (socket: Socket) => {
    self.connections++;
    track(socket);
    serve(socket, options.ldaps === true);
  };
  function track(socket: Socket): void {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  }
  const server: Server =
    options.ldaps === true ? createTlsServer({ ...options.certificate }, onSocket) : createServer(onSocket);
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const self: LdapServer = {
    port: (server.address() as AddressInfo).port,
    users: new Map(),
    binds: [],
    connections: 0,
    instead: undefined,
    afterStartTls: 'tls',
    drop: () => sockets.forEach((socket) => void socket.destroy()),
  };
  t.after(() => {
    self.drop();
    server.close();
  });

  function serve(socket: Socket, encrypted: boolean): void {
    let rest: Buffer = Buffer.alloc(0);
    const onData = (piece: Buffer) => {
      rest = Buffer.concat([rest, piece]);
      for (let message = readElement(rest, 0); message !== undefined; message = readElement(rest, 0)) {
        rest = rest.subarray(message.end);
        const id = readElement(message.content, 0)!;
        const operation = readElement(message.content, id.end)!;
        if (operation.tag === 0x60) bind(socket, id.content, operation.content, encrypted);
        else if (operation.tag === 0x77) startTls(socket, id.content, onData);
        else if (operation.tag === 0x42) socket.end();
      }
    };
    socket.on('data', onData);
  }

  function bind(socket: Socket, id: Buffer, content: Buffer, encrypted: boolean): void {
    const version = readElement(content, 0)!;
    const name = readElement(content, version.end)!;
    const simple = readElement(content, name.end)!;
    const [dn, password] = [name.content.toString(), simple.content.toString()];
    self.binds.push({ dn, password, encrypted });
    if (self.instead === 'silent') return;
    if (self.instead === 'close') {
      socket.destroy();
      return;
    }
    // As the standard has it: a bind without a password is an anonymous one, and succeeds.
    const known = password === '' || self.users.get(dn) === password;
    socket.write(result(id, 0x61, self.instead ?? (known ? 0 : 49)));
  }

  function startTls(socket: Socket, id: Buffer, onData: (piece: Buffer) => void): void {
    if (options.certificate === undefined) {
      socket.write(result(id, 0x78, 2));
      return;
    }
    socket.off('data', onData);
    socket.write(result(id, 0x78, 0), () => {
      if (self.afterStartTls === 'close') {
        socket.destroy();
        return;
      }
      const secure = new TLSSocket(socket, { isServer: true, ...options.certificate });
      track(secure);
      serve(secure, true);
    });
  }
  return self;
}

interface Element {
  readonly tag: number;
  readonly content: Buffer;
  readonly end: number;
}

/** One BER element; undefined when it is not all there. */
function readElement(bytes: Buffer, at: number): Element | undefined {
  if (bytes.length < at + 2) return undefined;
  let length = bytes[at + 1]!;
  let start = at + 2;
  if (length > 0x80) {
    const octets = length - 0x80;
    if (bytes.length < start + octets) return undefined;
    length = bytes.readUIntBE(start, octets);
    start += octets;
  }
  if (bytes.length < start + length) return undefined;
  return { tag: bytes[at]!, content: bytes.subarray(start, start + length), end: start + length };
}

function result(id: Buffer, tag: number, code: number): Buffer {
  const operation = Buffer.from([tag, 7, 0x0a, 1, code, 0x04, 0, 0x04, 0]);
  const message = Buffer.concat([Buffer.from([0x02, id.length]), id, operation]);
  return Buffer.concat([Buffer.from([0x30, message.length]), message]);
}
