/**
 * The demo's orders. Each answer needs the payments service, which is called by its name through the
 * outbound side of the microgateway next door: $OUTBOUND is all that this service knows of the network.
 */
import { request } from 'node:http';
import { type Call, notFound, serveJson } from './json-server.ts';

let last = 1001;

serveJson(async (call) => {
  const [collection, id] = call.path;
  if (collection !== 'orders' || call.path.length > 2) return notFound;
  // Who asks has been found out by key-auth: identity comes in a header.
  const customer = call.headers['x-consumer-username'];
  if (call.method === 'GET' && id !== undefined) {
    const payment = await payments(call, 'GET', id);
    return { status: 200, body: { order: id, customer, items: ['tea', 'pot'], payment } };
  }
  if (call.method === 'POST' && id === undefined) {
    const order = String(++last);
    const payment = await payments(call, 'PUT', order);
    return { status: 201, body: { order, customer, items: call.body, payment } };
  }
  return notFound;
});

/** Calls payments by name. The request id goes along, so that one request can be followed everywhere. */
function payments(call: Call, method: string, order: string): Promise<unknown> {
  const headers = { Host: 'payments', 'X-Request-ID': call.headers['x-request-id'] ?? '' };
  return new Promise((resolve, reject) => {
    const outgoing = request(
      new URL(`/payments/${order}`, process.env['OUTBOUND']),
      { method, headers },
      (incoming) => {
        let text = '';
        incoming.setEncoding('utf8');
        incoming.on('data', (chunk: string) => {
          text += chunk;
        });
        incoming.on('error', reject);
        incoming.on('end', () => {
          if (incoming.statusCode === undefined || incoming.statusCode >= 300)
            reject(new Error(`payments answered ${incoming.statusCode}: ${text}`));
          else resolve(JSON.parse(text) as unknown);
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end();
  });
}
