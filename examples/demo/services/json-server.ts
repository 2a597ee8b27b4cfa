/**
 * The few lines of HTTP that the three demo services share: JSON in, JSON out, on port $PORT of $LISTEN (127.0.0.1
 * unless it is set). They know nothing of Cardinal. Not a server for anything but this demo.
 */
import { createServer, type IncomingMessage } from 'node:http';

export interface Call {
  readonly method: string;
  /** Path segments: `/orders/1001` is `['orders', '1001']`. */
  readonly path: readonly string[];
  /** The parsed body; undefined when there is none or it is no JSON. */
  readonly body: unknown;
  readonly headers: IncomingMessage['headers'];
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const MOST_BODY = 64 * 1024;

export function serveJson(handle: (call: Call) => Answer | Promise<Answer>): void {
  const server = createServer(async (request, response) => {
    let answer: Answer;
    try {
      const body = await readJson(request);
      const path = (request.url ?? '/').split('?', 1)[0]!.split('/').slice(1);
      answer = await handle({ method: request.method ?? 'GET', path, body, headers: request.headers });
    } catch (error) {
      answer = { status: 500, body: { message: error instanceof Error ? error.message : String(error) } };
    }
    const text = JSON.stringify(answer.body) + '\n';
    response.writeHead(answer.status, {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(text),
    });
    response.end(text);
  });
  server.listen(Number(process.env['PORT']), process.env['LISTEN'] ?? '127.0.0.1');
  process.on('SIGTERM', () => {
    server.close(() => process.exit(0));
    server.closeIdleConnections();
  });
}

export const notFound: Answer = { status: 404, body: { message: 'There is nothing here' } };

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_BODY) throw new Error('the body is too large');
    chunks.push(chunk);
  }
  if (size === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString()) as unknown;
  } catch {
    return undefined;
  }
}
