/** One HTTP request to this machine, with a bound on how long it may take. No connection is kept. */
import { request } from 'node:http';

export interface Question {
  readonly port: number;
  readonly path: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs?: number;
}

export interface Reply {
  readonly status: number;
  readonly text: string;
}

const TIMEOUT_MS = 3_000;

export function ask(question: Question): Promise<Reply> {
  const { port, path, method = 'GET', headers = {}, body, timeoutMs = TIMEOUT_MS } = question;
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const outgoing = request(
      { host: '127.0.0.1', port, path, method, headers, agent: false, signal },
      (incoming) => {
        let text = '';
        incoming.setEncoding('utf8');
        incoming.on('data', (chunk: string) => {
          text += chunk;
        });
        incoming.on('error', reject);
        incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, text }));
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
