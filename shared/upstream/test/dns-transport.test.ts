import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createResolver } from '../dns/create-resolver.ts';
import { createDnsTransport } from '../dns/transport.ts';
import { dnsName, ipv4, serve, type Zone } from './dns-server.ts';
import { FakeClock } from './fake-clock.ts';

test('a real server: A with TTL, SRV with its targets, changes, and errors', async () => {
  const srvData = Buffer.concat([Buffer.from([0, 1, 0, 7, 0x1f, 0x90]), dnsName('api.example')]);
  const zone: Zone = {
    'A api.example': [
      [7, ipv4('127.0.0.1')],
      [9, ipv4('127.0.0.2')],
    ],
    'SRV _http._tcp.example': [[5, srvData]],
    'A broken.example': 2,
    'A empty.example': 0,
  };
  const { server, asked, socket } = await serve(zone);
  const clock = new FakeClock();
  const resolver = createResolver({ servers: [server], hostsFile: '/nonexistent/hosts' }, clock);
  try {
    const names = [
      'api.example.',
      '_http._tcp.example.',
      'broken.example.',
      'empty.example.',
      'gone.example.',
    ];
    const watches = names.map((name) => resolver.watch(name, () => {}));
    await Promise.all(watches.map((watch) => watch.first));
    const [api, srv, broken, empty, gone] = watches.map((watch) => watch.resolution);
    assert.deepEqual(api?.state === 'found' && api.addresses.map(({ ip }) => ip), ['127.0.0.1', '127.0.0.2']);
    assert.deepEqual(srv?.state === 'found' && srv.addresses[0], {
      ip: '127.0.0.1',
      port: 8080,
      weight: 7,
      name: 'api.example',
    });
    assert.deepEqual([broken?.state, empty?.state, gone?.state], ['failed', 'not_found', 'not_found']);

    // The second answer must come from the server and not from a cache inside the transport.
    zone['A api.example'] = [[7, ipv4('127.0.0.9')]];
    asked.length = 0;
    const changed = new Promise<void>((resolve) => resolver.watch('api.example.', resolve));
    await clock.advance(7000);
    await changed;
    assert.ok(asked.includes('A api.example'));
    const now = watches[0]!.resolution;
    assert.deepEqual(now.state === 'found' && now.addresses.map(({ ip }) => ip), ['127.0.0.9']);
  } finally {
    resolver.close();
    socket.close();
  }
});

test('a server that is no address is refused', () => {
  assert.throws(() => createDnsTransport({ servers: ['dns.example'] }), TypeError);
});
