/**
 * lab-legacy-check: what legacy microgateways do and Cardinal never does by itself. Each request is decided by the
 * central gateway, unless the cache is taken to know: the lab sets the hit ratio in a header of the request, so
 * that one process can be measured at all of them. For the lab alone.
 */
import { Agent, type IncomingMessage, request } from 'node:http';
import type { PluginSdk } from '@cardinal/shared/plugin-sdk';

const TIMEOUT_MS = 5000;
const MOST_BODY = 64 * 1024;
const MOST_KNOWN = 1000;
/** They are between the two ends of a connection, or would name the wrong host. */
const NOT_PASSED = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'keep-alive']);

interface Verdict {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly consumer: string | undefined;
  readonly body: Buffer;
}

export default ({ definePlugin, field }: PluginSdk) =>
  definePlugin({
    name: 'lab-legacy-check',
    version: '1.0.0',
    priority: 1_500,
    schema: {
      config: field.record(
        {
          port: field.integer({ required: true, description: 'Port of the central gateway.' }),
          far_port: field.integer({
            required: true,
            description: 'The same, behind the injected distance.',
          }),
        },
        { required: true },
      ),
    },
    create(config) {
      const agent = new Agent({ keepAlive: true, maxSockets: 256 });
      let owed = 0;
      // Who is behind a credential, from the centre's last answer about it.
      const known = new Map<string, string>();
      return {
        access(exchange) {
          const { headers } = exchange.request;
          const hitRatio = Number(headers.get('x-lab-hit-ratio') ?? 0);
          // Exactly that share of the requests, evenly spread: no two rounds differ by luck.
          owed += 1 - hitRatio;
          const credential = headers.get('authorization') ?? headers.get('apikey') ?? '';
          if (owed < 1 - 1e-9) {
            const consumer = known.get(credential);
            if (consumer !== undefined) headers.set('X-Consumer-Username', consumer);
            return;
          }
          owed -= 1;
          const passed: string[] = ['host', 'check'];
          headers.forEach((name, value) => {
            if (!NOT_PASSED.has(name.toLowerCase())) passed.push(name, value);
          });
          const far = headers.get('x-lab-network') === 'far';
          // As it came: the normalised path is no request target.
          const path = exchange.request.target;
          return ask(agent, far ? config.far_port : config.port, exchange.request.method, path, passed).then(
            ({ status, contentType, consumer, body }) => {
              if (status < 300) {
                if (consumer === undefined) return;
                if (known.size < MOST_KNOWN) known.set(credential, consumer);
                headers.set('X-Consumer-Username', consumer);
                return;
              }
              exchange.exit(status, body, {
                headers: contentType === undefined ? [] : [['Content-Type', contentType]],
              });
            },
            () => exchange.fail(503, 'The central gateway cannot be asked'),
          );
        },
        close() {
          agent.destroy();
        },
      };
    },
  });

function ask(
  agent: Agent,
  port: number,
  method: string,
  path: string,
  headers: readonly string[],
): Promise<Verdict> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port, method, path, agent, headers: [...headers], timeout: TIMEOUT_MS },
      (response: IncomingMessage) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size <= MOST_BODY) chunks.push(chunk);
        });
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            contentType: response.headers['content-type'],
            consumer: response.headers['x-consumer-username'] as string | undefined,
            body: Buffer.concat(chunks),
          }),
        );
      },
    );
    sent.on('timeout', () => sent.destroy(new Error('timeout')));
    sent.on('error', reject);
    sent.end();
  });
}
