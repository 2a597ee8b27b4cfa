/** An application of the lab on a port of 127.0.0.1, by node:http: what people's services are made of. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { FieldLines } from '../../shared/http/field-lines.ts';
import type { AppAnswer, Application } from './app-request.ts';

const MOST_BODY = 1024 * 1024;
const EMPTY = Buffer.alloc(0);

export function serve(application: Application, port: number): Promise<Server> {
  const server = createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
    handle(application, request, response, port).catch((error: Error) => {
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end(error.message);
    });
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

async function handle(
  application: Application,
  request: IncomingMessage,
  response: ServerResponse,
  localPort: number,
): Promise<void> {
  const body = hasBody(request) ? await readBody(request) : EMPTY;
  const { remoteAddress, remotePort } = request.socket;
  const answer = await application({
    method: request.method ?? 'GET',
    target: request.url ?? '/',
    headers: fieldLines(request.rawHeaders),
    body,
    peerIp: remoteAddress ?? '',
    peerPort: remotePort ?? 0,
    localPort,
  });
  const raw: string[] = [];
  answer.headers.forEach((name, value) => {
    raw.push(name, value);
  });
  if (!answer.headers.has('content-length') && answer.status !== 204 && answer.status !== 304)
    raw.push('Content-Length', String(answer.body.length));
  response.writeHead(answer.status, raw);
  response.end(answer.body);
}

export function fieldLines(raw: readonly string[]): FieldLines {
  const lines = new FieldLines(1);
  for (let at = 0; at + 1 < raw.length; at += 2) lines.append(raw[at]!, raw[at + 1]!);
  return lines;
}

export function answer(status: number, body: Buffer, contentType = 'application/json'): AppAnswer {
  const headers = new FieldLines(1);
  headers.append('Content-Type', contentType);
  return { status, headers, body };
}

function hasBody(request: IncomingMessage): boolean {
  return (
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0
  );
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_BODY) throw new Error('the body is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
