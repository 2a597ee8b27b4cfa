import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { createResolver } from '../dns/create-resolver.ts';
import { createDnsTransport } from '../dns/transport.ts';
import { FakeClock } from './fake-clock.ts';

const TYPES: Record<number, string> = { 1: 'A', 5: 'CNAME', 28: 'AAAA', 33: 'SRV' };

interface Zone {
  /** By `TYPE name`: a response code, or `[ttl, rdata]` records. */
  [question: string]: number | [number, Buffer][];
}

function dnsName(name: string): Buffer {
  const labels = name
    .split('.')
    .map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  return Buffer.concat([...labels, Buffer.from([0])]);
}

function ipv4(ip: string): Buffer {
  return Buffer.from(ip.split('.').map(Number));
}

/** A DNS server that knows one zone (RFC 1035 4.1). Names it does not know do not exist. */
async function serve(zone: Zone): Promise<{ server: string; asked: string[]; socket: Socket }> {
  const socket = createSocket('udp4');
  const asked: string[] = [];
  socket.on('message', (query, peer) => {
    let at = 12;
    const labels: string[] = [];
    while (query[at] !== 0) {
      labels.push(query.toString('latin1', at + 1, at + 1 + query[at]!));
      at += 1 + query[at]!;
    }
    const type = query.readUInt16BE(at + 1);
    const question = `${TYPES[type] ?? type} ${labels.join('.').toLowerCase()}`;
    asked.push(question);
    const found = zone[question] ?? 3;
    const records = typeof found === 'number' ? [] : found;
    const header = Buffer.alloc(12);
    header.writeUInt16BE(query.readUInt16BE(0), 0);
    header.writeUInt16BE(0x8180 | (typeof found === 'number' ? found : 0), 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(records.length, 6);
    const answers = records.map(([ttl, data]) => {
      const record = Buffer.alloc(12);
      record.writeUInt16BE(0xc00c, 0);
      record.writeUInt16BE(type, 2);
      record.writeUInt16BE(1, 4);
      record.writeUInt32BE(ttl, 6);
      record.writeUInt16BE(data.length, 10);
      return Buffer.concat([record, data]);
    });
    socket.send(Buffer.concat([header, query.subarray(12, at + 5), ...answers]), peer.port, peer.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return { server: `127.0.0.1:${(socket.address() as AddressInfo).port}`, asked, socket };
}

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
