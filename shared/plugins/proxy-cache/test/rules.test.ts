/** The rules of caching on their own: directives, dates, types, lifetimes, what may be stored, conditions, ranges. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeaderList } from '../../testkit.ts';
import { CacheControl, parseHttpDate, splitList } from '../cache-control.ts';
import { matches, select } from '../conditions.ts';
import { includesType, parseMediaRange } from '../media-type.ts';
import { MemoryStore } from '../memory-store.ts';
import { decode, encode, type StoredResponse } from '../stored-response.ts';
import {
  ageOf,
  decideStoring,
  freshnessLifetime,
  keptHeaders,
  mergedHeaders,
  type StoringRules,
} from '../storing.ts';

const NOW = Date.UTC(2026, 0, 1);
const cc = (text: string) => new CacheControl([text]);

test('Cache-Control: tokens, strings, case, what contradicts itself', () => {
  assert.equal(cc('Max-Age=60').seconds('max-age'), 60);
  assert.equal(cc('max-age="60"').seconds('max-age'), 60);
  assert.equal(cc('max-age=60, max-age=60').seconds('max-age'), 60);
  for (const bad of ['max-age=60, max-age=61', 'max-age', 'max-age=-1', 'max-age=1.5', 'max-age=x'])
    assert.equal(cc(bad).seconds('max-age'), 0, bad);
  assert.equal(cc('max-age=99999999999').seconds('max-age'), 2_147_483_648);
  assert.equal(cc('x="a, no-store"').has('no-store'), false);
  assert.deepEqual(cc('private="Set-X, Y"').fieldsOf('private'), ['set-x', 'y']);
  assert.equal(cc('private="x", private').isUnqualified('private'), true);
  assert.equal(cc('private, private="x"').isUnqualified('private'), true);
  assert.deepEqual(splitList('a, "b,\\"c" ,, d'), ['a', '"b,\\"c"', 'd']);
});

test('dates in the three forms of RFC 9110 5.6.7, and nothing else', () => {
  const at = Date.UTC(1994, 10, 6, 8, 49, 37);
  for (const text of [
    'Sun, 06 Nov 1994 08:49:37 GMT',
    'Sunday, 06-Nov-94 08:49:37 GMT',
    'Sun Nov  6 08:49:37 1994',
  ])
    assert.equal(parseHttpDate(text, NOW), at, text);
  for (const text of [
    '0',
    '-1',
    '',
    'Sun, 31 Feb 1994 08:49:37 GMT',
    '1994-11-06',
    'Sun, 06 Nov 1994 25:49:37 GMT',
  ])
    assert.equal(parseHttpDate(text, NOW), undefined, text);
});

test('types: all parameters must match, wildcards stand for a whole part', () => {
  const ranges = ['text/plain', 'application/json; charset="utf-8"', 'image/*'].map(
    (one) => parseMediaRange(one)!,
  );
  for (const type of ['text/plain', 'TEXT/Plain', 'application/json;charset=utf-8', 'image/png'])
    assert.equal(includesType(ranges, type), true, type);
  for (const type of ['text/plain; charset=utf-8', 'application/json', 'text/html', 'x', 'image/png; a=b'])
    assert.equal(includesType(ranges, type), false, type);
  assert.equal(parseMediaRange('text'), undefined);
  assert.equal(includesType([parseMediaRange('*/*')!], 'a/b'), true);
});

test('lifetimes: s-maxage, max-age, Expires', () => {
  const lifetime = (fields: Record<string, string>) => {
    const headers = new HeaderList(fields);
    return freshnessLifetime(new CacheControl(headers.getAll('cache-control')), headers, NOW);
  };
  assert.equal(lifetime({ 'Cache-Control': 'max-age=5, s-maxage=7', Expires: 'x' }), 7);
  assert.equal(lifetime({ 'Cache-Control': 'max-age=5', Expires: 'Thu, 01 Jan 2026 01:00:00 GMT' }), 5);
  assert.equal(lifetime({ Expires: 'Thu, 01 Jan 2026 00:01:00 GMT' }), 60);
  assert.equal(
    lifetime({ Expires: 'Thu, 01 Jan 2026 00:01:00 GMT', Date: 'Wed, 31 Dec 2025 23:59:00 GMT' }),
    120,
  );
  assert.equal(lifetime({ Expires: '0' }), 0);
  assert.equal(lifetime({}), 0, 'nothing is guessed');
});

test('age at arrival: what it says, how long it took, and by its date', () => {
  const age = (fields: Record<string, string>, tookMs = 0) =>
    ageOf(new HeaderList(fields), NOW - tookMs, NOW);
  assert.equal(age({ Age: '10' }, 2000), 12);
  assert.equal(age({ Date: 'Wed, 31 Dec 2025 23:59:00 GMT', Age: '10' }), 60);
  assert.equal(age({ Age: '10, 99' }), 10);
  assert.equal(age({ Age: 'x' }), 0);
  assert.equal(age({ Date: 'Thu, 01 Jan 2026 01:00:00 GMT' }), 0, 'a clock that is ahead');
});

const RULES: StoringRules = {
  statuses: new Set([200, 206, 304, 404, 299]),
  types: [parseMediaRange('*/*')!],
  ttl: 300,
  storageTtl: null,
  obeysCacheControl: true,
};
const FACTS = { hasAuthorization: false, authorizationIsKeyed: false };
const decide = (
  fields: Record<string, string>,
  {
    status = 200,
    facts = FACTS,
    rules = RULES,
  }: { status?: number; facts?: typeof FACTS; rules?: StoringRules } = {},
) => decideStoring(rules, facts, status, new HeaderList({ 'Content-Type': 'a/b', ...fields }), NOW, NOW);
const FRESH = { 'Cache-Control': 'max-age=60' };

test('what is stored, and what is not', () => {
  assert.equal(decide(FRESH).storable, true);
  const reasons: [Record<string, string>, number, string][] = [
    [FRESH, 206, 'status'],
    [FRESH, 304, 'status'],
    [FRESH, 500, 'status'],
    [{ ...FRESH, 'Content-Range': 'bytes 0-1/2' }, 200, 'partial'],
    [{ ...FRESH, 'Set-Cookie': 'a=b' }, 200, 'set-cookie'],
    [{ ...FRESH, Vary: 'Accept, *' }, 200, 'vary'],
    [{ ...FRESH, Vary: Array.from({ length: 20 }, (_, n) => `x${n}`).join() }, 200, 'vary'],
    [{ 'Cache-Control': 'no-store, max-age=60' }, 200, 'no-store'],
    [{ 'Cache-Control': 'private, max-age=60' }, 200, 'private'],
    [{ 'Cache-Control': 'no-cache, max-age=60' }, 200, 'no-cache'],
    [{ 'Cache-Control': 'max-age=0' }, 200, 'not fresh'],
    [{}, 200, 'not fresh'],
    [{ ...FRESH, Age: '61' }, 200, 'not fresh'],
    [{ 'Cache-Control': 'must-understand, max-age=60' }, 299, 'must-understand'],
  ];
  for (const [fields, status, reason] of reasons)
    assert.equal(decide(fields, { status }).reason, reason, JSON.stringify(fields));
  assert.equal(decide({ 'Cache-Control': 'must-understand, no-store, max-age=60' }).storable, true);
  assert.equal(decide({ ...FRESH, 'Content-Type': '' }).reason, 'content type');
});

test('Authorization (RFC 9111 3.5)', () => {
  const facts = { hasAuthorization: true, authorizationIsKeyed: false };
  assert.equal(decide(FRESH, { facts }).reason, 'authorization');
  for (const directive of ['public, max-age=60', 's-maxage=60', 'must-revalidate, max-age=60'])
    assert.equal(decide({ 'Cache-Control': directive }, { facts }).storable, true, directive);
  const rules = { ...RULES, obeysCacheControl: false };
  assert.equal(decide({}, { facts, rules }).reason, 'authorization');
  assert.equal(decide({}, { facts: { ...facts, authorizationIsKeyed: true }, rules }).storable, true);
});

test('without cache_control the configuration decides, but for what is personal', () => {
  const rules = { ...RULES, obeysCacheControl: false };
  for (const fields of [{}, { 'Cache-Control': 'no-store' }, { 'Cache-Control': 'private' }]) {
    const { storable, timing } = decide(fields, { rules });
    assert.equal(storable, true);
    assert.equal(timing.lifetime, 300);
  }
  assert.equal(decide({ 'Set-Cookie': 'a=b' }, { rules }).storable, false);
  assert.equal(decide({ Vary: '*' }, { rules }).storable, false);
});

test('staleness: only where it is allowed', () => {
  const { timing } = decide({ 'Cache-Control': 'max-age=60, stale-while-revalidate=30, stale-if-error=90' });
  assert.deepEqual(
    [timing.staleWhileRevalidate, timing.staleIfError, timing.mustRevalidate],
    [30, 90, false],
  );
  assert.equal(timing.keepUntil, NOW + 150_000);
  for (const strict of ['must-revalidate', 'proxy-revalidate', 's-maxage=60']) {
    const strictly = decide({ 'Cache-Control': `max-age=60, stale-if-error=90, ${strict}` }).timing;
    assert.deepEqual([strictly.staleIfError, strictly.mustRevalidate], [0, true], strict);
  }
});

test('fields that are kept, withheld, and brought up to date', () => {
  const { withheld } = decide({ 'Cache-Control': 'max-age=60, private="x-me", no-cache="x-ask"' });
  const headers = new HeaderList({
    'Content-Type': 'a/b',
    Connection: 'X-Hop',
    'X-Hop': '1',
    'Keep-Alive': '1',
    'Content-Length': '3',
    Age: '3',
    'RateLimit-Remaining': '3',
    'X-RateLimit-Limit-Minute': '3',
    'X-Me': '1',
    'X-Ask': '1',
    ETag: '"a"',
    Date: 'Thu, 01 Jan 2026 00:00:00 GMT',
  });
  const kept = keptHeaders(headers, withheld, NOW);
  assert.deepEqual(
    kept.map(([name]) => name),
    ['Content-Type', 'ETag', 'Date'],
  );
  const merged = mergedHeaders(kept, [
    ['content-type', 'c/d'],
    ['date', 'Thu, 01 Jan 2026 00:05:00 GMT'],
    ['X-New', '1'],
  ]);
  assert.deepEqual(Object.fromEntries(merged), {
    'Content-Type': 'a/b',
    ETag: '"a"',
    date: 'Thu, 01 Jan 2026 00:05:00 GMT',
    'X-New': '1',
  });
});

const STORED: StoredResponse = {
  kind: 'response',
  status: 200,
  headers: [
    ['Content-Type', 'text/plain'],
    ['ETag', '"v1"'],
    ['Last-Modified', 'Wed, 31 Dec 2025 00:00:00 GMT'],
  ],
  body: Buffer.from('0123456789'),
  contentLength: -1,
  askedAt: NOW,
  storedAt: NOW,
  initialAge: 0,
  lifetime: 60,
  keepUntil: NOW + 60_000,
  staleWhileRevalidate: 0,
  staleIfError: 0,
  mustRevalidate: false,
};
const selected = (fields: Record<string, string>, method = 'GET', stored = STORED) =>
  select(stored, method, new HeaderList(fields), NOW);

test('conditions of clients', () => {
  const status = (fields: Record<string, string>, method?: string) => selected(fields, method).status;
  assert.equal(status({}), 200);
  assert.equal(status({ 'If-None-Match': '"x", W/"v1"' }), 304);
  assert.equal(status({ 'If-None-Match': '*' }, 'HEAD'), 304);
  assert.equal(status({ 'If-None-Match': '"x"', 'If-Modified-Since': 'Thu, 01 Jan 2026 00:00:00 GMT' }), 200);
  assert.equal(status({ 'If-Modified-Since': 'Wed, 31 Dec 2025 00:00:00 GMT' }), 304);
  assert.equal(status({ 'If-Modified-Since': 'Tue, 30 Dec 2025 00:00:00 GMT' }), 200);
  assert.equal(status({ 'If-Modified-Since': 'yesterday' }), 200);
  assert.equal(status({ 'If-Match': '"x"' }), 412);
  assert.equal(status({ 'If-Match': '"v1"' }), 200);
  assert.equal(status({ 'If-Unmodified-Since': 'Tue, 30 Dec 2025 00:00:00 GMT' }), 412);
  assert.equal(selected({ 'If-None-Match': '"v1"' }, 'GET', { ...STORED, status: 404 }).status, 404);
  const { headers, body } = selected({ 'If-None-Match': '"v1"' });
  assert.deepEqual(
    headers.map(([name]) => name),
    ['ETag', 'Last-Modified'],
  );
  assert.equal(body.length, 0);
  assert.equal(matches(['W/"a"'], 'W/"a"', true), false, 'weak ones are never the same octets');
});

test('ranges of clients', () => {
  const part = (range: string, more: Record<string, string> = {}, method?: string) => {
    const { status, headers, body } = selected({ Range: range, ...more }, method);
    return [status, new HeaderList(headers as [string, string][]).get('content-range'), String(body)];
  };
  assert.deepEqual(part('bytes=2-4'), [206, 'bytes 2-4/10', '234']);
  assert.deepEqual(part('bytes=7-'), [206, 'bytes 7-9/10', '789']);
  assert.deepEqual(part('bytes=-3'), [206, 'bytes 7-9/10', '789']);
  assert.deepEqual(part('bytes=-99'), [206, 'bytes 0-9/10', '0123456789']);
  assert.deepEqual(part('bytes=10-'), [416, 'bytes */10', '']);
  assert.deepEqual(part('bytes=-0'), [416, 'bytes */10', '']);
  for (const whole of ['bytes=4-2', 'bytes=0-1,3-4', 'lines=1-2', 'bytes=-', 'x'])
    assert.deepEqual(part(whole), [200, undefined, '0123456789'], whole);
  assert.deepEqual(part('bytes=2-4', { 'If-Range': '"v1"' })[0], 206);
  assert.deepEqual(part('bytes=2-4', { 'If-Range': '"v0"' })[0], 200);
  assert.deepEqual(part('bytes=2-4', { 'If-Range': 'W/"v1"' })[0], 200);
  assert.deepEqual(part('bytes=2-4', {}, 'HEAD')[0], 200);
});

test('on the way to Redis and back; what we have not written is nothing', () => {
  assert.deepEqual(decode(encode(STORED)), STORED);
  const variants = { kind: 'variants', names: ['a'], keys: ['k'], keepUntil: 5 } as const;
  assert.deepEqual({ ...decode(encode(variants)) }, variants);
  const good = encode(STORED);
  const version = Buffer.from(good);
  version[0] = 9;
  const length = Buffer.from(good);
  length.writeUInt32BE(0xffffffff, 1);
  const splitting = encode({ ...STORED, headers: [['X', 'a\r\nSet-Cookie: b=c']] });
  const name = encode({ ...STORED, headers: [['X:\n', 'a']] });
  const status = encode({ ...STORED, status: 42 });
  for (const broken of [
    Buffer.alloc(0),
    version,
    length,
    splitting,
    name,
    status,
    Buffer.from('\x01\0\0\0\x02{}'),
  ])
    assert.equal(decode(broken), undefined);
});

test('memory: bounded by bytes, what was not used longest goes first', () => {
  let told = 0;
  const store = new MemoryStore(5000, (bytes) => {
    told = bytes;
  });
  const one = { ...STORED, body: Buffer.alloc(500) };
  for (const key of ['a', 'b', 'c']) store.set(key, one);
  assert.equal(store.size, 3);
  store.get('a', 'r', NOW);
  store.set('d', one);
  assert.equal(store.get('b', 'r', NOW), undefined);
  assert.notEqual(store.get('a', 'r', NOW), undefined);
  assert.ok(store.bytes <= 5000 && store.bytes === told);
  store.set('huge', { ...one, body: Buffer.alloc(6000) });
  assert.equal(store.get('huge', 'r', NOW), undefined);
  assert.equal(store.get('a', 'r', NOW + 60_000), undefined, 'kept no longer');
  store.clear();
  assert.equal(store.bytes, 0);
});

test('memory: invalidation, also when there are more marks than are kept', () => {
  const store = new MemoryStore(1_000_000);
  store.set('a', STORED);
  store.invalidate('other', NOW + 1);
  assert.notEqual(store.get('a', 'r', NOW + 1), undefined);
  store.invalidate('r', NOW + 1);
  assert.equal(store.get('a', 'r', NOW + 1), undefined);
  store.set('a', { ...STORED, askedAt: NOW + 2 });
  assert.notEqual(store.get('a', 'r', NOW + 2), undefined);
  store.set('b', STORED);
  store.invalidate('mine', NOW + 1);
  for (let n = 0; n < 10_010; n++) store.invalidate(`x${n}`, NOW + 3);
  assert.equal(store.get('b', 'mine', NOW + 3), undefined, 'the mark is gone, and so is what it was about');
});
