/** What pages work out by themselves: certificates, made-up requests, the guided plan, lines to paste. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { EC_CERTIFICATE, RSA_CERTIFICATE } from '../../../shared/config/entities/test/pem.ts';
import { sampleRequest } from '../../src/entities/sample-request.ts';
import { BLANK, planOf, suggestedName } from '../../src/pages/create/plan.ts';
import { firstRequest, proxyAddress } from '../../src/pages/create/proxy-address.ts';
import { readCertificates } from '../../src/pages/tls/certificate-text.ts';
import { healthSentences } from '../../src/pages/upstreams/health-words.ts';
import { curlOf } from '../../src/parts/command-text.ts';

test('certificates are read as Node reads them', () => {
  for (const pem of [RSA_CERTIFICATE, EC_CERTIFICATE]) {
    const [found] = readCertificates(pem);
    const node = new X509Certificate(pem);
    assert.ok(found !== undefined);
    assert.equal(found.notAfter, Date.parse(node.validTo) / 1000);
    assert.equal(found.notBefore, Date.parse(node.validFrom) / 1000);
    assert.equal(
      found.serial.replaceAll(':', '').replace(/^0+/, ''),
      node.serialNumber.toLowerCase().replace(/^0+/, ''),
    );
    assert.equal(found.subject, node.subject.split('\n').join(', '));
    const names = (node.subjectAltName ?? '').split(', ').filter((name) => name !== '');
    assert.deepEqual(
      found.names,
      names.map((name) => name.replace(/^(?:DNS|IP Address):/, '')),
    );
    assert.equal(
      found.keyType.split(' ')[0]?.toLowerCase().slice(0, 2),
      node.publicKey.asymmetricKeyType?.slice(0, 2),
    );
  }
});

test('chains are read in their order; what is cut off or no certificate is left out', () => {
  assert.equal(readCertificates(`${RSA_CERTIFICATE}\n${EC_CERTIFICATE}`).length, 2);
  const lines = RSA_CERTIFICATE.split('\n');
  assert.deepEqual(readCertificates([...lines.slice(0, 4), ...lines.slice(-2)].join('\n')), []);
  assert.deepEqual(readCertificates('{vault://env/cert}'), []);
  assert.deepEqual(readCertificates('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'), []);
});

test('a request that a route should match', () => {
  assert.deepEqual(sampleRequest({ hosts: ['*.example.com'], paths: ['/a'], methods: ['POST'] }), {
    method: 'POST',
    url: 'http://example.example.com/a',
    headers: {},
  });
  assert.equal(sampleRequest({ paths: ['~/items/(?<id>\\d+)$'] }).url, 'http://localhost/items/1');
  assert.equal(sampleRequest({ paths: ['~/catalog/(?<id>[0-9]+)'] }).url, 'http://localhost/catalog/1');
  assert.equal(sampleRequest({ protocols: ['https'] }).url, 'https://localhost/');
  assert.deepEqual(sampleRequest({ headers: { 'x-a': ['1', '2'], 'x-b': ['~*b'] } }).headers, { 'x-a': '1' });
});

test('the guided plan says what was said and nothing more', () => {
  assert.deepEqual(planOf({ ...BLANK, url: ' http://a ', paths: ['/a'] }), {
    service: { url: 'http://a' },
    route: { paths: ['/a'] },
    plugins: [],
  });
  const all = planOf({
    url: 'http://a',
    name: 'a',
    paths: [],
    hosts: ['h'],
    methods: ['GET'],
    stripPath: false,
    keyAuth: true,
    perMinute: '5',
    cors: true,
  });
  assert.deepEqual(all.route, { name: 'a', hosts: ['h'], methods: ['GET'], strip_path: false });
  assert.deepEqual(all.plugins, [
    { name: 'key-auth' },
    { name: 'rate-limiting', config: { minute: 5, policy: 'local' } },
    { name: 'cors' },
  ]);
  assert.deepEqual(planOf({ ...BLANK, perMinute: 'many' }).plugins[0]?.['config'], {
    minute: 'many',
    policy: 'local',
  });
  assert.equal(suggestedName('http://orders.internal:3000/x'), 'orders');
  assert.equal(suggestedName('http://127.0.0.1:3000'), '');
  assert.equal(suggestedName('nonsense'), '');
});

test('the line that sends the first request', () => {
  assert.equal(proxyAddress('0.0.0.0:8000, 0.0.0.0:8443 ssl', 'gateway.test'), 'http://gateway.test:8000');
  assert.equal(proxyAddress('127.0.0.1:8443 ssl http2', 'x'), undefined);
  assert.equal(proxyAddress('off', 'x'), undefined);
  assert.equal(
    firstRequest(
      'http://127.0.0.1:8000',
      { method: 'POST', url: 'http://api.test/a b', headers: { 'x-a': "it's" } },
      ['api.test'],
    ),
    "curl -i -X POST -H 'Host: api.test' -H 'x-a: it'\\''s' 'http://127.0.0.1:8000/a%20b'",
  );
});

test('curl lines quote what a shell would read, and hold no token', () => {
  assert.equal(
    curlOf('http://h/services?a=b', { method: 'PATCH', body: { name: "a'; rm -rf /" }, token: true }),
    `curl -X PATCH 'http://h/services?a=b' -H "Authorization: Bearer $CARDINAL_ADMIN_TOKEN" -H 'Content-Type: application/json' -d '{"name":"a'\\''; rm -rf /"}'`,
  );
});

test('health checks in words', () => {
  const checks = {
    active: {
      type: 'http',
      http_path: '/up',
      healthy: { interval: 5, successes: 1 },
      unhealthy: { interval: 2, http_failures: 3, timeouts: 2, tcp_failures: 0 },
    },
    passive: { unhealthy: { http_failures: 0, tcp_failures: 2, timeouts: 0 } },
    threshold: 40,
  };
  assert.deepEqual(healthSentences({ healthchecks: checks }), [
    'Probes /up every 5 s while healthy, every 2 s while unhealthy.',
    '3 bad statuses or 2 timeouts of a probe take a target out.',
    '1 success brings it back.',
    '2 failed connections of the traffic itself take a target out.',
    'Below 40 % of its weight the upstream as a whole is unhealthy.',
  ]);
  assert.deepEqual(healthSentences({ healthchecks: {} }), ['Targets are not checked.']);
});
