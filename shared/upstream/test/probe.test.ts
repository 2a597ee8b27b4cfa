import assert from 'node:assert/strict';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { test } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import type { ActiveHealthcheck, Upstream } from '../../config/entities.ts';
import { type ProbeResult, probe, readStatus } from '../health/probe.ts';
import { compileProbe, type ProbeTls } from '../health/probe-request.ts';
import { TEST_CERTIFICATE, TEST_KEY } from './certificate.ts';
import { FakeClock, settle } from './fake-clock.ts';
import { healthchecks, upstream } from './fixtures.ts';

interface Peer {
  readonly port: number;
  readonly server: Server;
  /** What came in on all connections. */
  readonly received: () => string;
  /** Connections that are still open. */
  readonly sockets: Set<Socket>;
}

async function listen(onData: (socket: Socket, text: string) => void, tls = false): Promise<Peer> {
  const sockets = new Set<Socket>();
  let received = '';
  const accept = (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      onData(socket, received);
    });
  };
  const server = tls
    ? createTlsServer({ key: TEST_KEY, cert: TEST_CERTIFICATE }, accept)
    : createServer(accept);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, server, received: () => received, sockets };
}

async function close({ server, sockets }: Peer): Promise<void> {
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
}

function run(
  port: number,
  active: Partial<ActiveHealthcheck> = {},
  changes: Partial<Upstream> = {},
  tls: ProbeTls = {},
  hostname = 'probe.test',
): { clock: FakeClock; result: Promise<ProbeResult> } {
  const clock = new FakeClock();
  const compiled = compileProbe(upstream({ healthchecks: healthchecks({ active }), ...changes }), tls);
  const result = new Promise<ProbeResult>((resolve) => {
    probe(compiled, { ip: '127.0.0.1', port, hostname }, clock, resolve);
  });
  return { clock, result: result.finally(() => assert.equal(clock.timers, 0)) };
}

const ANSWERS: [string, string, ProbeResult][] = [
  ['200', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', 200],
  ['500 from HTTP/1.0 without a reason', 'HTTP/1.0 500\r\n\r\n', 500],
  [
    'interim heads first',
    'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 \r\n\r\n',
    204,
  ],
  ['no HTTP at all', 'SSH-2.0-OpenSSH_9\r\n', 'garbage'],
  ['no HTTP and no line end', 'hello', 'garbage'],
  ['HTTP/2', 'HTTP/2 200\r\n\r\n', 'garbage'],
  ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n', 'garbage'],
  ['a status below 100', 'HTTP/1.1 099 OK\r\n\r\n', 'garbage'],
  ['a bare LF', 'HTTP/1.1 200 OK\n\r\n', 'garbage'],
  ['a switch nobody asked for', 'HTTP/1.1 101 Switching\r\n\r\n', 'garbage'],
  ['an endless status line', `HTTP/1.1 200 ${'x'.repeat(70_000)}`, 'garbage'],
  ['endless interim heads', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(5000), 'garbage'],
];

for (const [name, answer, expected] of ANSWERS) {
  test(`http probe: ${name}`, async () => {
    const peer = await listen((socket) => socket.write(answer));
    assert.equal(await run(peer.port).result, expected);
    await close(peer);
  });
}

test('the request: path, Host, headers, one connection', async () => {
  const answer = (socket: Socket, text: string) => {
    if (text.endsWith('\r\n\r\n')) socket.end('HTTP/1.1 200 OK\r\n\r\n');
  };
  const cases: [Partial<ActiveHealthcheck>, Partial<Upstream>, string, string][] = [
    [
      {},
      {},
      'probe.test',
      'GET / HTTP/1.1\r\nHost: probe.test\r\nUser-Agent: cardinal/healthcheck\r\nConnection: close\r\n\r\n',
    ],
    [
      {
        http_path: '/up?x=1',
        headers: {
          'X-A': ['1', '2'],
          Host: ['evil'],
          'Transfer-Encoding': ['chunked'],
          'user-agent': ['me'],
        },
      },
      { host_header: 'public.test:81' },
      'probe.test',
      'GET /up?x=1 HTTP/1.1\r\nHost: public.test:81\r\nX-A: 1\r\nX-A: 2\r\nuser-agent: me\r\nConnection: close\r\n\r\n',
    ],
    [
      {},
      {},
      '::1',
      'GET / HTTP/1.1\r\nHost: [::1]\r\nUser-Agent: cardinal/healthcheck\r\nConnection: close\r\n\r\n',
    ],
  ];
  for (const [active, changes, hostname, expected] of cases) {
    const peer = await listen(answer);
    assert.equal(await run(peer.port, active, changes, {}, hostname).result, 200);
    assert.equal(peer.received(), expected);
    await close(peer);
  }
});

test('what could smuggle is refused when it is compiled', () => {
  const compile = (active: Partial<ActiveHealthcheck>) => () =>
    compileProbe(upstream({ healthchecks: healthchecks({ active }) }));
  for (const http_path of ['/a b', '/\r\nX: y', 'up', '', '/\n']) {
    assert.throws(compile({ http_path }), /orders.*http_path/);
  }
  assert.throws(compile({ headers: { 'X-A': ['1\r\nX-B: 2'] } }), /orders.*X-A/);
  assert.throws(compile({ headers: { 'X A': ['1'] } }), TypeError);
});

test('refused, closed and hanging peers', async () => {
  const gone = await listen(() => {});
  await close(gone);
  assert.equal(await run(gone.port).result, 'tcp_failure');

  const closing = await listen((socket) => socket.end());
  assert.equal(await run(closing.port).result, 'tcp_failure');
  await close(closing);

  const resetting = await listen((socket) => socket.resetAndDestroy());
  assert.equal(await run(resetting.port).result, 'tcp_failure');
  await close(resetting);

  const cutting = await listen((socket) => socket.end('HTTP/1.1 2'));
  assert.equal(await run(cutting.port).result, 'garbage');
  await close(cutting);

  let asked: () => void = () => {};
  const request = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const hanging = await listen(() => asked());
  const { clock, result } = run(hanging.port, { timeout: 2 });
  await request;
  await clock.advance(1999);
  let over = false;
  void result.then(() => {
    over = true;
  });
  await settle();
  assert.equal(over, false);
  await clock.advance(1);
  assert.equal(await result, 'timeout');
  await close(hanging);
});

test('a probe that is given up says nothing and closes its connection', async () => {
  let asked: () => void = () => {};
  const request = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const peer = await listen(() => asked());
  const clock = new FakeClock();
  let results = 0;
  const cancel = probe(
    compileProbe(upstream()),
    { ip: '127.0.0.1', port: peer.port, hostname: 'probe.test' },
    clock,
    () => results++,
  );
  await request;
  const [socket] = peer.sockets;
  const closed = new Promise((resolve) => socket!.once('close', resolve));
  cancel();
  await closed;
  assert.equal(results, 0);
  assert.equal(clock.timers, 0);
  await close(peer);
});

test('tcp, grpc and grpcs probes only connect', async () => {
  for (const type of ['tcp', 'grpc', 'grpcs'] as const) {
    const peer = await listen(() => {});
    assert.equal(await run(peer.port, { type }).result, 'connected');
    assert.equal(peer.received(), '');
    await close(peer);
    assert.equal(await run(peer.port, { type }).result, 'tcp_failure');
  }
});

test('https: trust, name and the switch that turns verification off', async () => {
  const ok = (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n');
  const ca = { ca: [TEST_CERTIFICATE] };
  const cases: [Partial<ActiveHealthcheck>, ProbeTls, string, ProbeResult][] = [
    [{}, ca, 'probe.test', 200],
    [{}, {}, 'probe.test', 'tcp_failure'],
    [{}, ca, 'other.test', 'tcp_failure'],
    [{ https_sni: 'probe.test' }, ca, 'other.test', 200],
    [{}, ca, '127.0.0.1', 'tcp_failure'],
    [{ https_verify_certificate: false }, {}, 'other.test', 200],
    [{ https_verify_certificate: false }, {}, '127.0.0.1', 200],
  ];
  for (const [active, tls, hostname, expected] of cases) {
    const peer = await listen(ok, true);
    const { result } = run(peer.port, { type: 'https', ...active }, {}, tls, hostname);
    assert.equal(await result, expected, JSON.stringify({ active, hostname }));
    await close(peer);
  }
  const plain = await listen((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n'));
  assert.equal(await run(plain.port, { type: 'https' }, {}, ca).result, 'tcp_failure');
  await close(plain);
});

test('a status is found however the head is cut', () => {
  const head = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 No\r\n';
  for (let length = 0; length < head.length; length++) {
    assert.ok(['more', 'interim'].includes(String(readStatus(head.slice(0, length)))), String(length));
  }
  assert.equal(readStatus(head), 503);
});
