/** What a client got for each request of the corpus, without what may differ from one node to the next. */
import type { TestContext } from 'node:test';
import { connect, type RawClient } from '../../shared/proxy/test/harness/raw-client.ts';
import type { Sample } from './corpus.ts';

export interface Outcome {
  readonly status: number;
  /** Sorted; ids, times and latencies replaced by what they are. */
  readonly headers: readonly string[];
  readonly body: string;
}

const MASKS: ReadonlyMap<string, string> = new Map([
  ['date', '<date>'],
  ['x-kong-request-id', '<id>'],
  ['x-kong-upstream-latency', '<ms>'],
  ['x-kong-proxy-latency', '<ms>'],
  ['x-kong-response-latency', '<ms>'],
]);

function masked(text: string): string {
  return text
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uuid>')
    .replace(/\b[0-9a-f]{32}\b/g, '<id>')
    .replace(/\bsession=[\w-]{100,}/g, 'session=<sealed>');
}

/** Asks one after the other on kept connections, as long as they are kept. */
export async function outcomesOf(
  t: TestContext,
  samples: readonly Sample[],
  portOf: (sample: Sample) => number,
): Promise<Outcome[]> {
  const clients = new Map<number, RawClient>();
  const outcomes: Outcome[] = [];
  for (const sample of samples) {
    const port = portOf(sample);
    let client = clients.get(port);
    if (client === undefined || client.ended) {
      client = await connect(t, port);
      clients.set(port, client);
    }
    client.send(sample.octets);
    const response = await client.response(sample.method);
    outcomes.push({
      status: response.status,
      headers: response.lines
        .map(([name, value]) => `${name}: ${MASKS.get(name.toLowerCase()) ?? masked(value)}`)
        .sort(),
      body: masked(response.body.toString()),
    });
    if (response.one('connection') === 'close') {
      await client.closed();
      clients.delete(port);
    }
  }
  for (const client of clients.values()) client.close();
  return outcomes;
}

/** How often each status was given. */
export function countsOf(outcomes: readonly { readonly status: number }[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of outcomes) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
