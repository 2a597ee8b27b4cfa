/** Vault references through whole processes: values where they are used, references wherever something is shown. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { connect } from 'node:tls';
import { TEST_CERTIFICATE, TEST_KEY } from '../../shared/upstream/test/certificate.ts';
import { fetchFrom, folder, run, serve } from './cardinal-process.ts';

const SECRET = 'a-secret-of-the-environment';
const PLUGIN = `
export default ({ definePlugin, field }) => definePlugin({
  name: 'tell', version: '1.0.0', priority: 500,
  schema: { config: field.record({ what: field.string({ referenceable: true }) }, { required: true }) },
  create: (config) => ({
    access: (exchange) => exchange.exit(200, JSON.stringify({ told: config.what })),
  }),
});
`;
const telling = (what: string) =>
  JSON.stringify({
    _format_version: '3.0',
    services: [
      {
        name: 'a',
        url: 'http://127.0.0.1:9',
        routes: [{ name: 'a', paths: ['/'] }],
        plugins: [{ name: 'tell', config: { what } }],
      },
    ],
  });
const withCertificate = (key: string) =>
  JSON.stringify({
    _format_version: '3.0',
    certificates: [
      {
        id: '11111111-1111-4111-8111-111111111111',
        cert: '{vault://env/tls-pair/cert}',
        key,
        snis: [{ name: 'probe.test' }],
      },
    ],
  });
const PAIR = JSON.stringify({ cert: TEST_CERTIFICATE, key: TEST_KEY });

const GATEWAY = ['gateway', '--workers', '1', '--admin-listen', '127.0.0.1:0', '--status-listen', 'off'];
const files = (t: TestContext) =>
  folder(t, { 'tell.mjs': PLUGIN, 'kong.json': telling('{vault://env/tell-what}') });
const own = ['--plugin-paths', 'tell.mjs'];

test('gateway: served with the value; stored, shown and logged as a reference', async (t) => {
  const cwd = await files(t);
  const args = [
    ...GATEWAY,
    '--store',
    'off',
    '--proxy-listen',
    '127.0.0.1:0',
    '--log-level',
    'debug',
    ...own,
  ];
  const env = { TELL_WHAT: SECRET };
  const { process: cardinal, ready } = await serve(t, args, { cwd, env });
  const [proxy] = ready['proxy'] as string[];
  const [admin] = ready['admin'] as string[];
  const post = (what: string) =>
    fetchFrom(admin, '/config', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: telling(what),
    });
  const posted = await post('{vault://env/tell-what}');
  assert.equal(posted.status, 201, posted.text);
  assert.ok(posted.text.includes('{vault://env/tell-what}'));
  assert.equal((await fetchFrom(proxy, '/')).json.told, SECRET);

  const kept = await readFile(join(cwd, '.cardinal/configuration.yml'), 'utf8');
  assert.ok(kept.includes('{vault://env/tell-what}'));
  for (const shown of [posted.text, kept, cardinal.stderr, (await fetchFrom(admin, '/')).text])
    assert.ok(!shown.includes(SECRET));

  assert.equal((await post('{vault://env/not-there}')).status, 201);
  const warning = await cardinal.line('NOT_THERE is not set');
  assert.equal(warning.level, 'warn');
  assert.equal(warning['at'], 'plugins[0].config.what');
  assert.equal((await fetchFrom(proxy, '/')).json.told, '');

  // What was posted before is served with the value again after a restart.
  assert.equal((await post('{vault://env/tell-what}')).status, 201);
  cardinal.child.kill('SIGTERM');
  await cardinal.finished;
  const again = await serve(t, args, { cwd, env });
  assert.equal((await fetchFrom((again.ready['proxy'] as string[])[0], '/')).json.told, SECRET);
});

test('microgateway: served with the value', async (t) => {
  const args = ['--service', 'a', '--to', 'http://127.0.0.1:9', '--config', 'kong.json', ...own];
  const listen = ['--inbound-listen', '127.0.0.1:0', '--outbound-listen', 'off', '--status-listen', 'off'];
  const { ready } = await serve(t, ['microgateway', ...listen, ...args], {
    cwd: await files(t),
    env: { TELL_WHAT: SECRET },
  });
  assert.equal((await fetchFrom((ready['inbound'] as string[])[0], '/')).json.told, SECRET);
});

test('a certificate comes from the environment', async (t) => {
  const cwd = await folder(t, { 'kong.json': withCertificate('{vault://env/tls-pair/key}') });
  const args = [...GATEWAY, '--proxy-listen', '127.0.0.1:0 ssl', '--config', 'kong.json'];
  const { ready } = await serve(t, args, { cwd, env: { TLS_PAIR: PAIR } });
  const [host, port] = ((ready['proxy'] as string[])[0] as string).split(':');
  const socket = connect({
    host: host!,
    port: Number.parseInt(port!, 10),
    ca: TEST_CERTIFICATE,
    servername: 'probe.test',
  });
  t.after(() => socket.destroy());
  await new Promise<void>((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
  assert.equal(socket.authorized, true);
});

test('a certificate without its key stops the start, and is named', async (t) => {
  const cwd = await folder(t);
  const args = [...GATEWAY, '--proxy-listen', '127.0.0.1:0', '--config', 'kong.json'];
  for (const [key, problem] of [
    ['{vault://env/none}', 'key is empty: its vault reference has no value'],
    ['{vault://env/broken}', 'the value of key is no private key in PEM'],
  ] as const) {
    await writeFile(join(cwd, 'kong.json'), withCertificate(key));
    const { code, stderr } = await run(args, { cwd, env: { TLS_PAIR: PAIR, BROKEN: SECRET } });
    assert.equal(code, 65, stderr);
    assert.ok(stderr.includes(`certificate '11111111-1111-4111-8111-111111111111': ${problem}`), stderr);
    assert.ok(!stderr.includes(SECRET));
  }
});
