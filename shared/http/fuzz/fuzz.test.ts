/** A bounded, seeded part of the fuzzer runs with the tests; `npm run fuzz` runs it for longer. */
import assert from 'node:assert/strict';
import * as http from 'node:http';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { makeCase } from './cases.ts';
import { makeRequest } from './grammar.ts';
import { readWithLlhttp } from './oracle.ts';
import { RequestReader, read } from './ours.ts';
import { check } from './properties.ts';
import { Random } from './random.ts';

const CASES = 12_000;

test('our parsers and llhttp agree', () => {
  const random = new Random(9112);
  for (let i = 0; i < CASES; i++) {
    const one = makeCase(random);
    const finding = check(one);
    assert.equal(
      finding,
      undefined,
      finding &&
        `${finding.property}: ${JSON.stringify(one.octets.toString('latin1'))} (${one.method})\n${finding.detail}`,
    );
  }
});

test('the cases are worth something: many messages are accepted, many are refused, for many reasons', () => {
  const random = new Random(9112);
  const reasons = new Set<string>();
  let accepted = 0;
  let refused = 0;
  for (let i = 0; i < 3000; i++) {
    const { octets, method } = makeCase(random);
    if (method !== undefined) continue;
    const reading = read(new RequestReader(), octets, []);
    accepted += reading.messages.filter((message) => message.complete).length;
    if (reading.end === 'refused') {
      refused++;
      reasons.add(reading.reason);
    }
  }
  assert.ok(accepted > 800, `accepted ${accepted}`);
  assert.ok(refused > 400, `refused ${refused}`);
  assert.ok(reasons.size > 20, [...reasons].join(', '));
});

test('the oracle reads as a node:http server does', async () => {
  const random = new Random(7);
  const seen: string[] = [];
  const server = http.createServer(
    { insecureHTTPParser: false, requireHostHeader: false },
    (request, response) => {
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => {
        seen.push(
          JSON.stringify([
            `${request.method} ${request.url}`,
            request.rawHeaders,
            Buffer.concat(pieces).toString('latin1'),
          ]),
        );
        response.end();
      });
    },
  );
  let refused = false;
  server.on('clientError', (_, socket) => {
    refused = true;
    socket.destroy();
  });
  server.on('checkExpectation', (request: http.IncomingMessage, response: http.ServerResponse) =>
    server.emit('request', request, response),
  );
  server.on('connect', (_, socket) => socket.destroy());
  for (let i = 0; i < 400; i++) {
    const octets = Buffer.from(makeRequest(random, 10), 'latin1');
    const reading = readWithLlhttp(octets, undefined);
    if (reading.upgrade || reading.messages.length > 1) continue;
    seen.length = 0;
    refused = false;
    const socket = new Duplex({ read() {}, write: (_piece, _encoding, done) => done() });
    server.emit('connection', socket);
    socket.push(octets);
    await new Promise((resolve) => setImmediate(resolve));
    const expected = reading.messages
      .filter((message) => message.complete)
      .map((message) => JSON.stringify([message.start, message.lines, message.body]));
    const text = JSON.stringify(octets.toString('latin1'));
    // Octets behind the last message are an error to the server, which drops everything at once.
    if (reading.end === 'closed' && refused) continue;
    if (reading.end === 'refused') assert.ok(refused, `the server accepts ${text}`);
    else assert.deepEqual(seen, expected, text);
    socket.destroy();
  }
});
