/** What the Admin API tells the workers: health of targets by hand, the level of the log. */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import { startEcho } from '../harness/echo-server.ts';
import { fetchFrom, folder, serve } from '../process/cardinal-process.ts';

const LISTEN = ['--proxy-listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0', '--status-listen', 'off'];

test('a mark counts in every worker, at once', async (t) => {
  const [one, two] = [await startEcho(t), await startEcho(t)];
  const { ready, process: cardinal } = await serve(t, ['gateway', ...LISTEN, '--workers', '3'], {
    cwd: await folder(t),
  });
  const [admin] = ready['admin'] as string[];
  const [proxy] = ready['proxy'] as string[];
  const send = async (method: string, path: string, body?: object) => {
    const headers = { 'Content-Type': 'application/json' };
    const answer = await fetchFrom(admin, path, { method, headers, body: JSON.stringify(body ?? {}) });
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text}`);
    return answer;
  };
  await send('POST', '/upstreams', {
    name: 'pool.example',
    healthchecks: { passive: { unhealthy: { tcp_failures: 3 } } },
  });
  for (const { port } of [one, two])
    await send('POST', '/upstreams/pool.example/targets', { target: `127.0.0.1:${port}` });
  await send('POST', '/services', { name: 's', host: 'pool.example' });
  await send('POST', '/services/s/routes', { paths: ['/'] });

  const healthOf = async (port: number) => {
    const { json } = await fetchFrom(admin, '/upstreams/pool.example/health');
    return json.data.find((row: { target: string }) => row.target === `127.0.0.1:${port}`).health;
  };
  /** On connections of their own, so that they reach all workers. */
  const spread = async () => {
    one.seen.length = two.seen.length = 0;
    for (let i = 0; i < 40; i++) await getOnce(String(proxy));
    return [one.seen.length, two.seen.length];
  };
  assert.ok((await spread()).every((count) => count > 0));
  await send('PUT', `/upstreams/pool.example/targets/127.0.0.1:${one.port}/unhealthy`);
  assert.deepEqual(await spread(), [0, 40]);
  assert.equal(await healthOf(one.port), 'UNHEALTHY');
  assert.ok(cardinal.stderr.includes('target marked unhealthy'));
  const target = `/upstreams/pool.example/targets/127.0.0.1:${one.port}`;
  await send('PUT', `${target}/127.0.0.1:${one.port}/healthy`);
  assert.equal(await healthOf(one.port), 'HEALTHY');
  assert.ok((await spread()).every((count) => count > 0));
  const elsewhere = await fetchFrom(admin, `${target}/127.0.0.9:1/healthy`, { method: 'PUT' });
  assert.equal(elsewhere.status, 400);

  // From now on the workers keep such warnings to themselves.
  assert.equal((await send('PUT', '/debug/node/log-level/error')).json.message, 'log level changed');
  assert.equal((await fetchFrom(admin, '/debug/node/log-level')).json.message, 'log level: error');
  const lines = cardinal.logLines().length;
  await send('PUT', `/upstreams/pool.example/targets/127.0.0.1:${two.port}/unhealthy`);
  assert.deepEqual(await spread(), [40, 0]);
  assert.deepEqual(
    cardinal
      .logLines()
      .slice(lines)
      .map(({ message }) => message),
    [],
  );
});

function getOnce(address: string): Promise<void> {
  const [host, port] = address.split(':') as [string, string];
  return new Promise((resolve, reject) => {
    const sent = request({ host, port, path: '/', agent: false }, (response) => {
      response.resume();
      response.on('end', () => resolve());
    });
    sent.on('error', reject);
    sent.end();
  });
}
