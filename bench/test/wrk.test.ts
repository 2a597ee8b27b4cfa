import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeErrors, parseWrk, wrkArguments } from '../measure/wrk.ts';

const RESULT =
  '{"durationUs":4001234,"requests":212345,"bytes":77000000,"p50Us":880,"p90Us":1100,"p99Us":2200,"maxUs":9000,' +
  '"errors":{"connect":0,"read":2,"write":0,"status":5,"timeout":0}}';

test('the result is found between the lines that wrk prints for people', () => {
  const parsed = parseWrk(
    `Running 4s test @ http://127.0.0.1:8000/\n  1 threads and 64 connections\nRequests/sec: 53086.25\nBENCH-RESULT ${RESULT}\n`,
  );
  assert.equal(parsed.requests, 212345);
  assert.equal(parsed.durationUs, 4001234);
  assert.equal(parsed.p99Us, 2200);
  assert.equal(parsed.errors.status, 5);
});

test('output without a result is an error that shows the output', () => {
  assert.throws(() => parseWrk('unable to connect to 127.0.0.1:1 Connection refused'), /unable to connect/);
});

test('errors are put in words, their absence is null', () => {
  assert.equal(
    describeErrors({ connect: 0, read: 2, write: 0, status: 5, timeout: 0 }),
    '2 read errors, 5 responses of 400 or above',
  );
  assert.equal(describeErrors({ connect: 0, read: 0, write: 0, status: 0, timeout: 0 }), null);
});

test('headers and script reach the command line', () => {
  const load = { url: 'http://127.0.0.1:1/', connections: 64, seconds: 4, headers: { apikey: 'k' } };
  const args = wrkArguments(load, '/x/wrk.lua');
  assert.deepEqual(args.slice(0, 3), ['-t1', '-c64', '-d4s']);
  assert.ok(args.join(' ').includes('-s /x/wrk.lua -H apikey: k http://127.0.0.1:1/'));
});
