/**
 * The promise that one configuration means the same at the edge and beside a service: the corpus gets the
 * same verdicts from an edge gateway and from microgateways, one in front of each service.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startEcho } from '../harness/echo-server.ts';
import { CORPUS, type Sample } from './corpus.ts';
import { folderFor, startEdge, startOutbound, startSidecars } from './nodes.ts';
import { countsOf, type Outcome, outcomesOf } from './outcomes.ts';

/** What an application is told, as far as it does not depend on which port it was asked through. */
const tell = (name: string): boolean =>
  name !== 'x-forwarded-port' && name !== 'x-kong-request-id' && name !== 'connection';

/** The lines of a log file once there are that many, reduced to what the verdict was. */
async function logged(t: TestContext, path: string, count: number): Promise<string[]> {
  for (let wait = 0; wait < 200; wait++) {
    const lines = readLines(path);
    if (lines.length >= count) {
      return lines.map((line) => {
        const record = JSON.parse(line);
        const { request, response, service, route, consumer } = record;
        return [request.method, request.uri, response.status, service?.name, route?.name, consumer?.username]
          .map(String)
          .join(' ');
      });
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  t.diagnostic(`${readLines(path).length} lines`);
  throw new Error(`${path} never had ${count} lines`);
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').slice(0, -1);
  } catch {
    return [];
  }
}

test('the edge gives every request of the corpus the verdict that it says', async (t) => {
  assert.ok(CORPUS.length >= 150, `${CORPUS.length} requests`);
  const edge = await startEdge(t, await startEcho(t, tell), join(folderFor(t), 'edge.log'));
  const outcomes = await outcomesOf(t, CORPUS, () => edge.port);
  for (const [index, sample] of CORPUS.entries()) {
    const { status, body } = outcomes[index]!;
    assert.equal(status, sample.status, `${index}: ${sample.octets.slice(0, 200)} -> ${body}`);
  }
});

test('microgateways give the same verdicts, bodies and headers, and write the same log', async (t) => {
  const path = folderFor(t);
  const upstream = await startEcho(t, tell);
  const edge = await startEdge(t, upstream, join(path, 'edge.log'));
  const sidecars = await startSidecars(t, upstream, join(path, 'mesh.log'));
  const atEdge = await outcomesOf(t, CORPUS, () => edge.port);
  const asked = upstream.seen.splice(0);
  const beside = await outcomesOf(t, CORPUS, ({ service }) => sidecars.get(service)!.port);
  for (const [index, sample] of CORPUS.entries()) {
    assert.deepEqual(beside[index], atEdge[index], `${index}: ${sample.octets.slice(0, 200)}`);
  }
  assert.deepEqual(countsOf(beside), countsOf(CORPUS));
  assert.equal(upstream.seen.length, asked.length, 'as often did the application hear of it');
  // What the parser refuses reaches no plugin, and so no log.
  const parsed = edge.counted('cardinal_requests_total');
  const edgeLog = await logged(t, join(path, 'edge.log'), parsed);
  const meshLog = await logged(t, join(path, 'mesh.log'), parsed);
  assert.equal(edgeLog.length, parsed);
  assert.deepEqual(meshLog.sort(), edgeLog.sort());
});

/** The corpus as an application in the mesh sends it: by the name of the service. Raw messages stay out. */
function byName(samples: readonly Sample[]): Sample[] {
  return samples
    .filter(({ octets }) => octets.includes('Host: api.test\r\n'))
    .map((sample) => ({
      ...sample,
      octets: sample.octets.replace('Host: api.test', `Host: ${sample.service}`),
    }));
}

/** Without the fields that every hop writes or adds to. */
function verdict({ status, headers, body }: Outcome): Outcome {
  const own = /^(?:via|x-kong-|server|date|connection|keep-alive)/i;
  return { status, headers: headers.filter((line) => !own.test(line)), body };
}

test('calls by the name of a service get the same through the outbound side of a microgateway', async (t) => {
  const path = folderFor(t);
  const hop = /^(?:via|host|x-forwarded-.*|x-real-ip|x-kong-request-id|connection)$/;
  const upstream = await startEcho(t, (name) => !hop.test(name));
  const samples = byName(CORPUS);
  assert.ok(samples.length > 100);
  const sidecars = await startSidecars(t, upstream, join(path, 'direct.log'));
  const direct = await outcomesOf(t, samples, ({ service }) => sidecars.get(service)!.port);
  const others = await startSidecars(t, upstream, join(path, 'through.log'));
  const outbound = await startOutbound(t, others);
  const through = await outcomesOf(t, samples, () => outbound.port);
  for (const [index, sample] of samples.entries()) {
    assert.deepEqual(
      verdict(through[index]!),
      verdict(direct[index]!),
      `${index}: ${sample.octets.slice(0, 200)}`,
    );
  }
  const counts = countsOf(direct);
  for (const status of [200, 401, 403, 410, 420, 429]) assert.ok(counts[status]! > 2, `${status}`);
});

test('the outbound side refuses what is no service', async (t) => {
  const upstream = await startEcho(t);
  const outbound = await startOutbound(t, await startSidecars(t, upstream, join(folderFor(t), 'x.log')));
  const [outcome] = await outcomesOf(
    t,
    [{ service: 'orders', status: 502, method: 'GET', octets: 'GET / HTTP/1.1\r\nHost: elsewhere\r\n\r\n' }],
    () => outbound.port,
  );
  assert.equal(outcome!.status, 502);
  assert.equal(upstream.seen.length, 0);
});
