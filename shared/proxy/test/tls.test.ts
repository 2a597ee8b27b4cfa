/** TLS on both sides: certificates by server name, protocol versions, verified upstreams (Kong 4.8, RFC 9325). */
import assert from 'node:assert/strict';
import * as net from 'node:net';
import { test } from 'node:test';
import type * as tls from 'node:tls';
import { certificateEntity, makeCertificate } from './harness/certificates.ts';
import { startGateway } from './harness/gateway.ts';
import { ask, connect } from './harness/raw-client.ts';
import { startUpstream } from './harness/raw-upstream.ts';

const GET = 'GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n';
const shop = makeCertificate('shop.example');
const other = makeCertificate('other.example');
const skip = shop === undefined || other === undefined ? 'the openssl command is missing' : false;

const common = { created_at: 0, updated_at: 0, tags: null };
const sni = (name: string, certificate: { id: string }) => ({
  ...common,
  id: `sni-${name}`,
  name,
  certificate: { id: certificate.id },
});

test('a TLS listener', { skip }, async (t) => {
  const upstream = await startUpstream(t);
  const [one, two] = [certificateEntity(1, shop!), certificateEntity(2, other!)];
  const gateway = await startGateway(t, {
    upstream: upstream.port,
    tls: true,
    certificates: [one, two],
    snis: [sni('shop.example', one), sni('*.other.example', two)],
  });
  const subject = async (servername: string): Promise<string> => {
    const client = await connect(t, gateway.tlsPort, servername === '' ? {} : { servername });
    const name = (client.socket as tls.TLSSocket).getPeerCertificate().subject.CN as string;
    client.close();
    return name;
  };

  await t.test('picks the certificate by server name', async () => {
    assert.equal(await subject('shop.example'), 'shop.example');
    assert.equal(await subject('SHOP.example'), 'shop.example');
    assert.equal(await subject('a.other.example'), 'other.example');
    assert.equal(await subject('unknown.example'), 'shop.example', 'the default');
    assert.equal(await subject(''), 'shop.example', 'the default');
  });

  await t.test('serves absolute targets with https, as clear text does not', async (t) => {
    const client = await connect(t, gateway.tlsPort, { servername: 'shop.example' });
    for (const [target, sent] of [
      ['https://shop.example/a?b', '/a?b'],
      ['HTTPS://shop.example', '/'],
      ['http://shop.example/c', '/c'],
    ]) {
      client.send(`GET ${target} HTTP/1.1\r\nHost: other.example\r\n\r\n`);
      assert.equal((await client.response()).status, 200);
      assert.equal(upstream.requests.at(-1)!.target, sent);
      assert.equal(upstream.requests.at(-1)!.one('x-forwarded-host'), 'shop.example');
    }
    for (const target of [
      'https:/shop.example/',
      'https://',
      'https://u@shop.example/',
      'ftp://shop.example/',
    ]) {
      const refused = await connect(t, gateway.tlsPort, { servername: 'shop.example' });
      refused.send(`GET ${target} HTTP/1.1\r\nHost: shop.example\r\n\r\n`);
      assert.equal((await refused.response()).status, 400, target);
    }
    const clear = 'GET https://shop.example/ HTTP/1.1\r\nHost: shop.example\r\n\r\n';
    assert.equal((await ask(t, gateway.port, clear)).status, 400);
  });

  await t.test('serves, and says https to the upstream', async (t) => {
    const client = await connect(t, gateway.tlsPort, {
      servername: 'shop.example',
      ALPNProtocols: ['http/1.1'],
    });
    assert.equal((client.socket as tls.TLSSocket).alpnProtocol, 'http/1.1');
    for (let i = 0; i < 2; i++) {
      client.send(GET);
      assert.equal((await client.response()).status, 200);
    }
    assert.equal(upstream.requests.at(-1)!.one('x-forwarded-proto'), 'https');
    assert.equal(upstream.requests.at(-1)!.one('x-forwarded-port'), String(gateway.tlsPort));
  });

  await t.test('a large body goes both ways', async (t) => {
    upstream.script.onRequest = ({ body }, peer) => {
      peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`).send(body);
      return undefined;
    };
    const body = Buffer.alloc(300_000);
    for (let i = 0; i < body.length; i++) body[i] = i % 251;
    const client = await connect(t, gateway.tlsPort, { servername: 'shop.example' });
    client.send(`POST / HTTP/1.1\r\nHost: shop.example\r\nContent-Length: ${body.length}\r\n\r\n`).send(body);
    assert.ok((await client.response('POST')).body.equals(body));
    upstream.script.onRequest = () => 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
  });

  for (const [name, options] of [
    ['TLS 1.1', { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }],
    ['CBC', { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA256' }],
    ['a protocol that is not spoken', { ALPNProtocols: ['h2'] }],
  ] as const) {
    await t.test(`${name} is refused`, async (t) => {
      await assert.rejects(
        connect(t, gateway.tlsPort, { servername: 'shop.example', ...(options as tls.ConnectionOptions) }),
      );
    });
  }

  await t.test('plain HTTP, garbage and silence on the TLS port harm nobody', async (t) => {
    const plain = await connect(t, gateway.tlsPort);
    plain.send(GET);
    await plain.closed();
    const garbage = await connect(t, gateway.tlsPort);
    garbage.send(Buffer.alloc(500, 0x16));
    await garbage.closed();
    const early = net.connect(gateway.tlsPort, '127.0.0.1');
    await new Promise<void>((resolve) => early.once('connect', () => resolve()));
    early.resetAndDestroy();
    assert.equal(await subject('shop.example'), 'shop.example');
  });

  await t.test('a cut response ends without close_notify', async (t) => {
    upstream.script.onRequest = (_, peer) => {
      peer.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf');
      setTimeout(() => peer.reset(), 20);
      return undefined;
    };
    const client = await connect(t, gateway.tlsPort, { servername: 'shop.example' });
    client.send(GET);
    await client.closed();
    await assert.rejects(client.response(), /cut/);
    upstream.script.onRequest = () => 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
  });
});

test('a TLS listener without any certificate refuses handshakes and nothing else', { skip }, async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startGateway(t, { upstream: upstream.port, tls: true });
  await assert.rejects(connect(t, gateway.tlsPort, { servername: 'shop.example' }));
  assert.equal((await ask(t, gateway.port, GET)).status, 200);
});

test('an https upstream', { skip }, async (t) => {
  const names: (string | false | undefined)[] = [];
  const upstream = await startUpstream(
    t,
    {
      onRequest: (_, peer) => {
        names.push((peer.socket as tls.TLSSocket & { servername?: string | false }).servername);
        return 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
      },
    },
    shop,
  );
  const https = { protocol: 'https', retries: 0 } as const;

  await t.test('without verification: served, over one kept connection', async (t) => {
    const gateway = await startGateway(t, { upstream: upstream.port, service: https });
    const client = await connect(t, gateway.port);
    for (let i = 0; i < 2; i++) {
      client.send(GET);
      assert.equal((await client.response()).body.toString(), 'ok');
    }
    assert.equal(upstream.peers.length, 1);
    assert.equal(upstream.requests[0]!.one('host'), `127.0.0.1:${upstream.port}`);
    assert.equal(names[0] || undefined, undefined, 'an address is not a server name');
  });

  await t.test('with verification: an unknown issuer is 502', async (t) => {
    const gateway = await startGateway(t, {
      upstream: upstream.port,
      service: { ...https, tls_verify: true },
    });
    assert.equal((await ask(t, gateway.port, GET)).status, 502);
    assert.equal(gateway.counted('cardinal_exchange_errors_total', { code: 'tls_handshake_failed' }), 1);
  });

  await t.test('with verification: a known issuer for another name is 502', async (t) => {
    const ca = { ...common, id: '44444444-4444-4444-8444-444444444444', cert: shop!.cert, cert_digest: 'x' };
    const gateway = await startGateway(t, {
      upstream: upstream.port,
      service: { ...https, tls_verify: true, ca_certificates: [ca.id] },
      caCertificates: [ca],
    });
    assert.equal((await ask(t, gateway.port, GET)).status, 502);
  });

  await t.test(
    'a plain upstream behind an https service is 502, also for a POST after all attempts',
    async (t) => {
      const plain = await startUpstream(t, {
        onData: (_, peer) => {
          peer.end();
        },
      });
      const gateway = await startGateway(t, {
        upstream: plain.port,
        service: { protocol: 'https', retries: 2 },
      });
      const response = await ask(t, gateway.port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx');
      assert.equal(response.status, 502);
      assert.equal(plain.peers.length, 3, 'nothing was sent: safe to try again');
      assert.equal(gateway.counted('cardinal_exchange_errors_total', { code: 'tls_handshake_failed' }), 1);
    },
  );
});
