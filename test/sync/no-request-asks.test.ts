/**
 * No request waits for the control plane: with its port blocked (connections are taken and nothing is ever said on
 * them) every request of the corpus gets the verdict that it gets while the control plane is there.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { bundledPlugins, configurationOf } from '../harness/configuration.ts';
import { startEcho } from '../harness/echo-server.ts';
import { parityYaml } from '../parity/configuration.ts';
import { CORPUS } from '../parity/corpus.ts';
import { countsOf, type Outcome, outcomesOf } from '../parity/outcomes.ts';
import { eventually, folder } from '../process/cardinal-process.ts';
import { FakeControlPlane } from './fake-control-plane.ts';
import { type Running, startMicrogateway } from './fixture.ts';

const TRUST = [
  ...['--trusted-ips', '127.0.0.1'],
  ...['--real-ip-header', 'X-Forwarded-For', '--real-ip-recursive'],
];

/** Without what tells the time. */
function verdict({ status, headers, body }: Outcome): Outcome {
  return {
    status,
    headers: headers.filter((line) => !/^(?:ratelimit-reset|retry-after):/i.test(line)),
    body,
  };
}

async function block(t: TestContext, url: string): Promise<() => number> {
  let taken = 0;
  const server = createServer((socket) => {
    taken++;
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(Number(new URL(url).port), '127.0.0.1', resolve));
  t.after(() => server.close());
  return () => taken;
}

test('the corpus gets the same verdicts with the port of the control plane blocked', async (t) => {
  const plane = await FakeControlPlane.start(t);
  const echo = await startEcho(
    t,
    (name) => !/^(?:x-forwarded-port|x-kong-request-id|connection)$/.test(name),
  );
  // Windows of a year: none of them ends while this runs.
  const yaml = parityYaml(echo.port, join(await folder(t), 'access.log')).replaceAll('hour:', 'year:');
  plane.publish(await configurationOf(yaml, await bundledPlugins()), { calls: ['legacy', 'open', 'users'] });
  const samples = CORPUS.filter(({ service }) => service === 'orders');
  const args = [...TRUST, '--calls', 'users,open,legacy'];
  const ask = async (node: Running): Promise<Outcome[]> => {
    const port = Number(node.inbound.split(':')[1]);
    return (await outcomesOf(t, samples, () => port)).map(verdict);
  };

  const cwd = await folder(t);
  const connected = await startMicrogateway(t, plane, echo.port, { cwd, args });
  await plane.frame('ack');
  const expected = await ask(connected);
  const counts = countsOf(expected);
  for (const status of [200, 400, 401, 403, 429])
    assert.ok((counts[status] ?? 0) > 0, `${status} of ${JSON.stringify(counts)}`);
  connected.cardinal.child.kill('SIGTERM');
  await connected.cardinal.finished;
  await plane.stop();

  const taken = await block(t, plane.url);
  const alone = await startMicrogateway(t, plane, echo.port, { cwd, args });
  await eventually(
    async () => taken(),
    (count) => count > 0,
  );
  const outcomes = await ask(alone);
  for (const [index, { octets }] of samples.entries())
    assert.deepEqual(outcomes[index], expected[index], `${index}: ${octets.slice(0, 200)}`);
  assert.equal((await alone.sync()).connected, false);
  alone.cardinal.child.kill('SIGTERM');
  assert.equal((await alone.cardinal.finished).code, 0, 'it ends while an attempt is under way');
});
