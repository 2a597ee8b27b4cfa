import assert from 'node:assert/strict';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { HostsFile, parseHosts } from '../dns/hosts-file.ts';
import { parseResolvConf, readResolvConf } from '../dns/resolv-conf.ts';

test('resolv.conf: last search wins, options are clamped, rubbish is ignored', () => {
  const conf = parseResolvConf(
    'nameserver 10.0.0.1 # x\nsearch old.test\n; comment\nsearch Ns.svc.test. svc.test a b c d e f\noptions ndots:99 timeout:0 attempts:77 rotate ndots:x\n',
  );
  assert.deepEqual(conf, {
    search: ['ns.svc.test', 'svc.test', 'a', 'b', 'c', 'd'],
    ndots: 15,
    timeoutMs: 1000,
    attempts: 5,
  });
  assert.deepEqual(parseResolvConf('domain a.test'), {
    search: ['a.test'],
    ndots: 1,
    timeoutMs: undefined,
    attempts: undefined,
  });
  assert.equal(readResolvConf('/nonexistent/resolv.conf').ndots, 1);
});

test('hosts: comments, aliases, several addresses of a name, prototype names', () => {
  const names = parseHosts(
    '127.0.0.1 localhost Web.test # no\n::1 localhost\n# 10.0.0.1 off\nnot-an-ip x\n10.0.0.2 web.test __proto__\n10.0.0.2 web.test',
  );
  assert.deepEqual(names.get('localhost'), { ipv4: ['127.0.0.1'], ipv6: ['::1'] });
  assert.deepEqual(names.get('web.test'), { ipv4: ['127.0.0.1', '10.0.0.2'], ipv6: [] });
  assert.deepEqual(names.get('__proto__'), { ipv4: ['10.0.0.2'], ipv6: [] });
  assert.equal(names.get('x'), undefined);
  assert.equal(names.get('no'), undefined);
});

test('hosts: the number of names is bounded', () => {
  const text = Array.from({ length: 12_000 }, (_, i) => `10.0.0.1 n${i}`).join('\n');
  assert.equal(parseHosts(text).size, 10_000);
});

test('hosts: read again when it has changed, kept when it has gone', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hosts-'));
  try {
    const path = join(folder, 'hosts');
    await writeFile(path, '10.0.0.1 web.test\n');
    const hosts = new HostsFile(path);
    assert.deepEqual((await hosts.lookup('web.test'))?.ipv4, ['10.0.0.1']);
    await writeFile(path, '10.0.0.2 web.test\n');
    await utimes(path, 1, 1);
    assert.deepEqual((await hosts.lookup('web.test'))?.ipv4, ['10.0.0.2']);
    await rm(path);
    assert.deepEqual((await hosts.lookup('web.test'))?.ipv4, ['10.0.0.2']);
    assert.deepEqual((await hosts.lookup('localhost'))?.ipv4, ['127.0.0.1']);
    assert.deepEqual((await hosts.lookup('a.localhost'))?.ipv6, ['::1']);
    assert.equal(await hosts.lookup('other.test'), undefined);
  } finally {
    await rm(folder, { recursive: true });
  }
});
