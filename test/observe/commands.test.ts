/** What the command line shows of a running gateway's traffic. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { CardinalProcess, eventually, run } from '../process/cardinal-process.ts';
import { observedGateway } from './observed-gateway.ts';

test('tap shows rows until there are enough, as lines and as JSON', async (t) => {
  const { ask, adminAddress } = await observedGateway(t);
  const url = ['--admin-url', `http://${adminAddress}`];
  const watching = new CardinalProcess(['tap', 'status:401', '-n', '2', ...url], {});
  const json = new CardinalProcess(['tap', '-n', '1', '--json', 'path:/orders', ...url], {});
  t.after(() => {
    watching.child.kill('SIGKILL');
    json.child.kill('SIGKILL');
  });
  await eventually(
    async () => {
      await ask('/secured?apikey=s3cret');
      await ask('/orders/1');
      return [watching, json].every(({ child }) => child.exitCode !== null);
    },
    (ended) => ended,
  );
  const text = await watching.finished;
  assert.equal(text.code, 0, text.stderr);
  const lines = text.stdout.trimEnd().split('\n');
  assert.equal(lines.length, 2);
  assert.match(lines[0]!, /401 {2}GET .*\/secured\?apikey=\*\*\* +secured .*key-auth: /);
  assert.match(text.stderr, /2 shown, \d+ matched, \d+ seen, 0 dropped/);
  const row = JSON.parse((await json.finished).stdout);
  assert.deepEqual([row.path, row.status, row.service.name], ['/orders/1', 200, 'orders']);
});

test('tap ends in order with SIGINT', async (t) => {
  const { ask, adminAddress } = await observedGateway(t);
  const watching = new CardinalProcess(['tap', '--admin-url', `http://${adminAddress}`], {});
  t.after(() => watching.child.kill('SIGKILL'));
  await eventually(
    async () => {
      await ask('/orders/1');
      return watching.stdout;
    },
    (shown) => shown.includes('/orders/1'),
  );
  watching.child.kill('SIGINT');
  const { code, stderr } = await watching.finished;
  assert.equal(code, 0, stderr);
  assert.match(stderr, /shown, .* seen/);
});

test('a filter that is wrong is shown with its place, and nothing is asked', async () => {
  const { code, stderr } = await run(['tap', 'status:200', 'stauts:4'], {});
  assert.equal(code, 64);
  assert.match(stderr, /did you mean status/);
  assert.match(stderr, /help: status:200 stauts:4\n.*help: {12}\^{6}\n/);
});

test('tap that is switched off says so', async (t) => {
  const { adminAddress } = await observedGateway(t, '--tap', 'off');
  const { code, stderr } = await run(['tap', '--admin-url', `http://${adminAddress}`], {});
  assert.equal(code, 1);
  assert.match(stderr, /the setting tap is off/);
});

test('stats and requests', async (t) => {
  const { ask, adminAddress } = await observedGateway(t);
  const url = ['--admin-url', `http://${adminAddress}`];
  const empty = await run(['stats', ...url], {});
  assert.equal(empty.code, 0);
  assert.match(empty.stderr, /no traffic/);
  await ask('/orders/1');
  const refused = await ask('/secured');
  const { stdout } = await run(['stats', ...url], {});
  assert.match(stdout, /^orders +1 /m);
  assert.match(stdout, /^secured +1 .* 1 /m);
  assert.match((await run(['stats', '--by', 'plugin', ...url], {})).stdout, /^key-auth +1 +401: 1/m);
  const list = await run(['requests', '--because', 'refused', ...url], {});
  const id = String(refused.headers['x-kong-request-id']);
  assert.ok(list.stdout.includes(id), list.stdout);
  const one = await run(['requests', id, ...url], {});
  assert.match(one.stdout, /ended by +key-auth: No API key found in request/);
  const none = await run(['requests', '0'.repeat(32), ...url], {});
  assert.equal(none.code, 1);
  const wrong = await run(['stats', '--window', '3d', ...url], {});
  assert.deepEqual([wrong.code, /window/.test(wrong.stderr)], [64, true]);
});

test('explain: of a gateway and of a file it is the same', async (t) => {
  const { adminAddress, cwd } = await observedGateway(t);
  const asked = [
    'GET',
    'http://a.test/secured/1',
    '-H',
    'x-customer: wrong',
    '-H',
    'accept: */*',
    '-o',
    'json',
  ];
  const online = await run(['explain', ...asked, '--admin-url', `http://${adminAddress}`], {});
  const offline = await run(['explain', ...asked, '--config', 'kong.json'], { cwd });
  assert.equal(online.code, 0, online.stderr);
  assert.deepEqual(JSON.parse(offline.stdout), JSON.parse(online.stdout));
  assert.equal(JSON.parse(online.stdout).result.status, 401);
  const text = await run(['explain', 'GET', '/secured', '--config', 'kong.json'], { cwd });
  assert.match(text.stdout, /Result +401 from key-auth/);
  const miss = await run(['explain', '/nowhere', '--config', 'kong.json'], { cwd });
  assert.equal(miss.code, 2);
  assert.match(miss.stdout, /Nearest [\s\S]*orders +path \/nowhere is not \/orders/);
  await writeFile(join(cwd, 'bad.json'), '{"_format_version": "3.0", "services": [{"name": 5}]}');
  assert.equal((await run(['explain', '/', '--config', 'bad.json'], { cwd })).code, 65);
  assert.equal((await run(['explain', '/', '-H', 'nonsense', '--config', 'kong.json'], { cwd })).code, 64);
});
