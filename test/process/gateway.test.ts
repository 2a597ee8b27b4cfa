/** The gateway as a process: start, configuration, signals. */
import assert from 'node:assert/strict';
import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { CardinalProcess, eventually, fetchFrom, folder, kongFile, run, serve } from './cardinal-process.ts';

const LISTEN = [
  '--proxy-listen',
  '127.0.0.1:0',
  '--admin-listen',
  '127.0.0.1:0',
  '--status-listen',
  '127.0.0.1:0',
];
const FAKE = { fake: true } as const;

async function gateway(t: TestContext, cwd: string, ...args: string[]) {
  const { process: cardinal, ready } = await serve(t, ['gateway', ...LISTEN, '--workers', '1', ...args], {
    ...FAKE,
    cwd,
  });
  const [proxy] = ready['proxy'] as string[];
  const [admin] = ready['admin'] as string[];
  const [status] = ready['status'] as string[];
  return { cardinal, ready, proxy, admin, status };
}

test('without a configuration it starts empty and is ready', async (t) => {
  const { status, proxy, admin, ready } = await gateway(t, await folder(t));
  assert.equal((await fetchFrom(status, '/readyz')).status, 200);
  assert.equal((await fetchFrom(status, '/livez')).status, 200);
  assert.equal((await fetchFrom(proxy, '/')).json.hash, '0'.repeat(32));
  assert.deepEqual((await fetchFrom(admin, '/status')).json.database, { reachable: true });
  assert.equal(ready['entities'], 'empty');
});

test('an address in use: the message names it, its owner, the flag and the environment; 69', async (t) => {
  const cwd = await folder(t);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
  t.after(() => server.close());
  const taken = `127.0.0.1:${(server.address() as { port: number }).port}`;
  for (const setting of ['proxy', 'admin', 'status']) {
    const variable = `CARDINAL_${setting.toUpperCase()}_LISTEN`;
    const args = LISTEN.filter((_, i) => LISTEN[i - (i % 2)] !== `--${setting}-listen`);
    const { code, stderr } = await run(['gateway', ...args, '--workers', '1'], {
      ...FAKE,
      cwd,
      env: { [variable]: taken },
    });
    assert.equal(code, 69, stderr);
    assert.ok(
      stderr.includes(`error: cannot listen on ${taken}: the address is in use by pid ${process.pid} (`),
      stderr,
    );
    assert.ok(
      stderr.includes(`--${setting}-listen HOST:PORT or ${variable} (now set by ${variable})`),
      stderr,
    );
    assert.ok(!/\n {4}at /.test(stderr));
  }
});

test('a file that is broken or missing stops the start with 65', async (t) => {
  const cwd = await folder(t, { 'bad.yml': '_format_version: "3.0"\nservces: []\n', 'no.txt': '' });
  const bad = await run(['gateway', '--config', 'bad.yml', ...LISTEN], { ...FAKE, cwd });
  assert.equal(bad.code, 65);
  assert.match(bad.stderr, /^error\[CD\d+\]: unknown field `servces`(?:.*\n)*? *--> bad\.yml:2:1\n/);
  assert.match(bad.stderr, /did you mean `services`\?/);
  const missing = await run(['gateway', '--config', 'none.yml', ...LISTEN], { ...FAKE, cwd });
  assert.equal(missing.code, 65);
  assert.match(missing.stderr, /cannot read none\.yml: no such file/);
  const uncompilable = await folder(t, { 'k.json': kongFile('uncompilable') });
  const compile = await run(['gateway', '--config', 'k.json', ...LISTEN], { ...FAKE, cwd: uncompilable });
  assert.equal(compile.code, 65);
  assert.match(compile.stderr, /k\.json cannot be put in place: service uncompilable/);
});

test('SIGHUP and a change of the file reload it; a bad one keeps what is in place', async (t) => {
  const cwd = await folder(t, { 'kong.json': kongFile('one') });
  const { cardinal, proxy, status } = await gateway(t, cwd, '--config', 'kong.json');
  const first = (await fetchFrom(proxy, '/')).json;
  assert.equal(first.generation, 1);

  await writeFile(join(cwd, 'next'), kongFile('two'));
  await rename(join(cwd, 'next'), join(cwd, 'kong.json'));
  const second = await eventually(
    () => fetchFrom(proxy, '/'),
    (answer) => answer.json.generation === 2,
  );
  assert.notEqual(second.json.hash, first.hash);

  const seen = cardinal.logLines().length;
  await writeFile(join(cwd, 'kong.json'), '{"_format_version": "3.0", "services": [{}]}');
  const refused = await cardinal.line('is invalid; the one in place stays', seen);
  assert.equal(refused.level, 'error');
  await writeFile(join(cwd, 'kong.json'), kongFile('uncompilable'));
  const failed = await cardinal.line('the configuration was not changed', seen);
  assert.match(String(failed['error']), /uncompilable/);
  assert.deepEqual((await fetchFrom(proxy, '/')).json, second.json);
  assert.equal((await fetchFrom(status, '/readyz')).status, 200);

  await writeFile(join(cwd, 'kong.json'), kongFile('three'));
  cardinal.child.kill('SIGHUP');
  await eventually(
    () => fetchFrom(proxy, '/'),
    (answer) => answer.json.generation === 3,
  );
  const metrics = (await fetchFrom(status, '/metrics')).text;
  assert.match(metrics, /^cardinal_configuration_reloads_total\{result="applied"\} 2$/m);
  assert.match(metrics, /^cardinal_configuration_reloads_total\{result="refused"\} 2$/m);
});

test('SIGTERM: not ready at once, what is in flight is finished, exit 0', async (t) => {
  const { cardinal, proxy, status } = await gateway(t, await folder(t));
  const slow = fetchFrom(proxy, '/slow/400');
  await eventually(
    () => fetchFrom(status, '/status'),
    (answer) => answer.json.requests_active === 1,
  );
  cardinal.child.kill('SIGTERM');
  const ready = await eventually(
    () => fetchFrom(status, '/readyz'),
    (answer) => answer.status === 503,
  );
  assert.equal(ready.json.reasons[0].reason, 'draining');
  await assert.rejects(fetchFrom(proxy, '/'));
  assert.equal((await slow).status, 200);
  const { code, stderr } = await cardinal.finished;
  assert.equal(code, 0, stderr);
  assert.match(stderr, /"message":"stopped","cut":0/);
});

test('drain_delay: not ready at once, and served as before until it is over', async (t) => {
  const { cardinal, proxy, status } = await gateway(t, await folder(t), '--drain-delay', '600ms');
  cardinal.child.kill('SIGTERM');
  await eventually(
    () => fetchFrom(status, '/readyz'),
    (answer) => answer.status === 503,
  );
  assert.equal((await fetchFrom(proxy, '/')).status, 200);
  const { code, stderr } = await cardinal.finished;
  assert.equal(code, 0, stderr);
  assert.match(stderr, /"message":"draining","signal":"SIGTERM","delayMs":600,/);
});

test('a second signal does not wait for the delay of a drain', async (t) => {
  const { cardinal } = await gateway(t, await folder(t), '--drain-delay', '30s');
  cardinal.child.kill('SIGTERM');
  await cardinal.line('draining');
  await new Promise((resolve) => setTimeout(resolve, 120));
  cardinal.child.kill('SIGTERM');
  assert.equal((await cardinal.finished).code, 143);
});

test('a second signal ends it at once: 143 for SIGTERM, 130 for SIGINT', async (t) => {
  for (const [signal, code] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const) {
    const { cardinal, proxy, status } = await gateway(t, await folder(t));
    const slow = fetchFrom(proxy, '/slow/30000').catch(() => 'cut');
    await eventually(
      () => fetchFrom(status, '/status'),
      (answer) => answer.json.requests_active === 1,
    );
    cardinal.child.kill(signal);
    await cardinal.line('draining');
    await new Promise((resolve) => setTimeout(resolve, 120));
    cardinal.child.kill(signal);
    assert.equal((await cardinal.finished).code, code);
    assert.equal(await slow, 'cut');
  }
});

test('environment, flag and default; GET / shows what is in force', async (t) => {
  const env = {
    KONG_TRUSTED_IPS: '10.0.0.0/8',
    CARDINAL_LOG_LEVEL: 'info',
    KONG_LOG_LEVEL: 'error',
    KONG_DATABASE: 'off',
    KONG_PG_HOST: 'db',
  };
  const cwd = await folder(t);
  const { ready, process: cardinal } = await serve(t, ['gateway', ...LISTEN, '--workers', '2'], {
    ...FAKE,
    cwd,
    env,
  });
  const { json } = await fetchFrom((ready['admin'] as string[])[0], '/');
  assert.equal(json.configuration.trusted_ips, '10.0.0.0/8');
  assert.equal(json.configuration.log_level, 'info');
  assert.equal(json.configuration.workers, '2');
  assert.equal(json.configuration.keepalive_timeout, '1m');
  assert.equal(json.configuration.database, 'off');
  assert.match(json.node_id, /^[0-9a-f-]{36}$/);
  assert.equal(json.node_id, (await readFile(join(cwd, '.cardinal/node.id'), 'utf8')).trim());
  assert.equal(json.plugins.available_on_server['key-auth'].priority, 1250);
  assert.deepEqual(json.pids.workers, [cardinal.child.pid, cardinal.child.pid]);
  assert.ok(cardinal.stderr.includes('KONG_PG_HOST'));
});

test('POST /config: the whole cycle', async (t) => {
  const cwd = await folder(t);
  const { cardinal, admin, proxy, status } = await gateway(t, cwd, '--store', 'off');
  const post = (body: string, type = 'application/json', query = '') =>
    fetchFrom(admin, `/config${query}`, { method: 'POST', headers: { 'Content-Type': type }, body });
  const text = kongFile('orders');

  const created = await post(JSON.stringify({ config: text }));
  assert.equal(created.status, 201, created.text);
  const [service] = Object.values<{ name: string; id: string }>(created.json.services);
  assert.equal(service?.name, 'orders');
  assert.ok(Object.keys(created.json.services).includes(service?.id as string));
  assert.equal(created.json.consumers, undefined);
  const serving = (await fetchFrom(proxy, '/')).json;
  assert.equal(serving.generation, 2);
  const { json: afterwards } = await fetchFrom(status, '/status');
  assert.equal(afterwards.configuration_hash, serving.hash);

  assert.equal((await post(JSON.stringify({ config: text }), undefined, '?check_hash=1')).status, 304);
  assert.equal((await post(JSON.stringify({ config: text, check_hash: 1 }))).status, 304);
  assert.equal((await post(text, undefined, '?check_hash=1')).status, 201);
  assert.equal((await post('_format_version: "3.0"\n_comment: x\n', 'text/yaml')).status, 201);
  assert.equal((await fetchFrom(proxy, '/')).json.hash, '0'.repeat(32));
  assert.equal(
    (await post(new URLSearchParams({ config: text }).toString(), 'application/x-www-form-urlencoded'))
      .status,
    201,
  );

  const before = (await fetchFrom(proxy, '/')).json;
  const invalid = await post(JSON.stringify({ _format_version: '3.0', services: [{ name: 'x' }] }));
  assert.equal(invalid.status, 400);
  assert.deepEqual(invalid.json, {
    code: 14,
    name: 'invalid declarative configuration',
    message: 'declarative config is invalid: {services={{host="required field missing"}}}',
    fields: { services: [{ host: 'required field missing' }] },
  });
  const flat = await post(
    JSON.stringify({ _format_version: '3.0', services: [{ name: 'x' }] }),
    undefined,
    '?flatten_errors=1',
  );
  assert.deepEqual(flat.json.fields, {});
  assert.equal(flat.json.flattened_errors[0].entity_type, 'service');
  assert.equal(flat.json.flattened_errors[0].entity_name, 'x');
  const uncompilable = await post(kongFile('uncompilable'));
  assert.equal(uncompilable.status, 400);
  assert.equal(uncompilable.json.code, 14);

  assert.deepEqual((await post('{}')).json, { message: 'expected a declarative configuration' });
  assert.deepEqual((await post('{')).json, { message: 'Cannot parse JSON body' });
  assert.equal((await post('x', 'text/plain')).status, 415);
  assert.equal((await post(JSON.stringify({ config: 'x'.repeat(11 * 1024 ** 2) }))).status, 413);
  assert.deepEqual((await fetchFrom(proxy, '/')).json, before);

  // What was accepted survives a kill, for the owner's eyes only.
  const kept = join(cwd, '.cardinal/configuration.yml');
  assert.equal(await readFile(kept, 'utf8'), text);
  assert.equal((await stat(kept)).mode & 0o777, 0o600);
  cardinal.child.kill('SIGKILL');
  await cardinal.finished;
  const again = await gateway(t, cwd, '--store', 'off');
  assert.equal((await fetchFrom(again.proxy, '/')).json.hash, before.hash);
  assert.equal(again.ready['config'], kept);
});

test('what cannot be stored is not put in place', async (t) => {
  const cwd = await folder(t);
  const nodeId = '00000000-0000-4000-8000-000000000000';
  const nothingKept = ['--store', 'off', '--cluster-listen', 'off', '--admin-auth', 'off'];
  const { admin, proxy } = await gateway(t, cwd, '--data-dir', 'data', '--node-id', nodeId, ...nothingKept);
  await writeFile(join(cwd, 'data'), 'a file where the folder would be');
  const headers = { 'Content-Type': 'application/json' };
  const answer = await fetchFrom(admin, '/config', { method: 'POST', headers, body: kongFile('a') });
  assert.equal(answer.status, 503);
  assert.equal((await fetchFrom(proxy, '/')).json.generation, 1);
});

test('the Admin API: methods, paths, units, and no use from foreign web pages', async (t) => {
  const { admin } = await gateway(t, await folder(t), '--store', 'off');
  assert.deepEqual((await fetchFrom(admin, '/nothing')).json, { message: 'Not found' });
  const wrong = await fetchFrom(admin, '/status', { method: 'POST' });
  assert.equal(wrong.status, 405);
  assert.deepEqual(wrong.json, { message: 'Method not allowed' });
  assert.equal((await fetchFrom(admin, '/status/', { method: 'HEAD' })).status, 200);
  const options = await fetchFrom(admin, '/status', { method: 'OPTIONS' });
  assert.equal(options.status, 204);
  assert.equal(options.headers['allow'], 'GET, HEAD, OPTIONS');
  assert.match(String(options.headers['x-kong-admin-latency']), /^\d+$/);
  const memory = async (query: string) =>
    (await fetchFrom(admin, `/status?${query}`)).json.memory.lua_shared_dicts.cardinal_counters.capacity;
  assert.match(await memory('unit=k&scale=0'), /^\d+ KiB$/);
  assert.equal(typeof (await memory('unit=b')), 'number');
  const unit = await fetchFrom(admin, '/status?unit=x');
  assert.equal(unit.status, 400);
  assert.deepEqual(unit.json, { message: "invalid unit 'x' (expected 'k/K', 'm/M', or 'g/G')" });

  const json = { 'Content-Type': 'application/json' };
  const body = kongFile('a');
  const foreign = await fetchFrom(admin, '/config', {
    method: 'POST',
    body,
    headers: { ...json, Origin: 'http://evil.example' },
  });
  assert.equal(foreign.status, 403);
  const site = await fetchFrom(admin, '/config', {
    method: 'POST',
    body,
    headers: { ...json, 'Sec-Fetch-Site': 'cross-site' },
  });
  assert.equal(site.status, 403);
  assert.equal((await fetchFrom(admin, '/', { headers: { Host: 'evil.example' } })).status, 403);
  const own = await fetchFrom(admin, '/config', {
    method: 'POST',
    body,
    headers: { ...json, Origin: `http://${admin}` },
  });
  assert.equal(own.status, 201);
});

test('an Admin API that other machines reach: 78, unless it is said in words', async (t) => {
  const cwd = await folder(t);
  const args = LISTEN.map((part, i) => (LISTEN[i - 1] === '--admin-listen' ? '0.0.0.0:0' : part));
  const all = ['gateway', ...args, '--workers', '1'];
  for (const env of [{}, { CARDINAL_ADMIN_INSECURE: 'off' }]) {
    const { code, stderr } = await run(all, { ...FAKE, cwd, env });
    assert.equal(code, 78, stderr);
    assert.match(stderr, /^error: admin_listen: 0\.0\.0\.0:0 is not on this machine alone/m);
    assert.match(stderr, /--admin-insecure or CARDINAL_ADMIN_INSECURE=on/);
  }
  for (const [more, env] of [
    [['--admin-insecure'], {}],
    [[], { CARDINAL_ADMIN_INSECURE: 'on' }],
  ] as const) {
    const { process: cardinal, ready } = await serve(t, [...all, ...more], { ...FAKE, cwd, env });
    const port = String((ready['admin'] as string[])[0]).split(':')[1];
    assert.equal((await fetchFrom(`127.0.0.1:${port}`, '/status')).status, 200);
    const warning = cardinal.logLines().find((line) => line.message.includes('asks for no credentials'));
    assert.equal(warning?.level, 'warn');
  }
});

test('two gateways do not share an address', async (t) => {
  const { proxy } = await gateway(t, await folder(t));
  const args = [
    'gateway',
    '--proxy-listen',
    proxy as string,
    '--admin-listen',
    'off',
    '--status-listen',
    'off',
  ];
  const second = new CardinalProcess(args, { ...FAKE, cwd: await folder(t) });
  assert.equal((await second.finished).code, 69);
});

test('the access log of what was served just before SIGTERM is complete', async (t) => {
  const cwd = await folder(t);
  const plugins = [{ name: 'file-log', config: { path: join(cwd, 'access.log') } }];
  await writeFile(join(cwd, 'kong.json'), JSON.stringify({ _format_version: '3.0', plugins }));
  const args = ['gateway', ...LISTEN, '--workers', '2', '--config', 'kong.json'];
  const { process: cardinal, ready } = await serve(t, args, { cwd });
  const [proxy] = ready['proxy'] as string[];
  for (let i = 0; i < 20; i++) assert.equal((await fetchFrom(proxy, `/${i}`)).status, 404);
  cardinal.child.kill('SIGTERM');
  assert.equal((await cardinal.finished).code, 0);
  assert.equal((await readFile(join(cwd, 'access.log'), 'utf8')).trimEnd().split('\n').length, 20);
});
