/** Places on 127.0.0.1 that take what senders send, for tests. They end with the test. */
import * as dgram from 'node:dgram';
import * as http from 'node:http';
import * as net from 'node:net';
import type { TestContext } from 'node:test';

export interface Received {
  readonly port: number;
  readonly got: string[];
  /** Resolves with what has come once there is that much. */
  until(count: number): Promise<string[]>;
}

function collecting(): { got: string[]; add(text: string): void; until(count: number): Promise<string[]> } {
  const got: string[] = [];
  let wake = (): void => {};
  return {
    got,
    add(text) {
      got.push(text);
      wake();
    },
    async until(count) {
      while (got.length < count) await new Promise<void>((resolve) => (wake = resolve));
      return got;
    },
  };
}

export async function udpReceiver(t: TestContext): Promise<Received> {
  const socket = dgram.createSocket('udp4');
  const { got, add, until } = collecting();
  socket.on('message', (message) => add(message.toString()));
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  t.after(() => socket.close());
  return { port: socket.address().port, got, until };
}

/** Lines. */
export async function tcpReceiver(
  t: TestContext,
): Promise<Received & { readonly connections: net.Socket[] }> {
  const { got, add, until } = collecting();
  const connections: net.Socket[] = [];
  const server = net.createServer((socket) => {
    connections.push(socket);
    let text = '';
    socket.on('error', () => {});
    socket.on('data', (piece) => {
      text += piece.toString();
      const lines = text.split('\n');
      text = lines.pop()!;
      for (const line of lines) add(line);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of connections) socket.destroy();
    server.close();
  });
  return { port: (server.address() as net.AddressInfo).port, got, until, connections };
}

export interface ReceivedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

export async function httpReceiver(t: TestContext, status: () => number = () => 200) {
  const requests: ReceivedRequest[] = [];
  const { add, until } = collecting();
  const server = http.createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const body = Buffer.concat(pieces);
      requests.push({ method: request.method!, url: request.url!, headers: request.headers, body });
      response.writeHead(status());
      response.end('ok');
      add(body.toString());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as net.AddressInfo).port, requests, until };
}
