import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../test/random.ts';
import {
  compileFilter,
  type FilterSubject,
  type FilterTerm,
  formatFilter,
  type NumberTest,
  parseFilter,
  TEXT_FIELDS,
} from '../tap/filter.ts';

const SUBJECT: FilterSubject = {
  status: 429,
  ms: 12.5,
  method: 'POST',
  host: 'api.example.com',
  path: '/orders/42',
  ip: '10.1.2.3',
  routeId: 'r-1',
  routeName: 'orders',
  serviceId: 's-1',
  serviceName: 'order service',
  consumerId: '',
  consumerName: '',
  plugin: 'rate-limiting',
};

function parsed(text: string): readonly FilterTerm[] {
  const result = parseFilter(text);
  assert.ok(result.ok, result.ok ? '' : result.error.message);
  return result.terms;
}

const passes = (text: string, subject: FilterSubject = SUBJECT) => compileFilter(parsed(text))(subject);

for (const text of [
  '',
  'status:>=400 route:orders method:POST ip:10.0.0.0/8 plugin:rate-limiting ms:>10',
  'status:4xx',
  'status:400-499',
  'status:200,429',
  'status:=429',
  'ms:<=12.5',
  'ms:10-20',
  'method:post',
  'host:*.EXAMPLE.com',
  'path:/orders',
  'path:/orders/*',
  'path:*42',
  'route:r-1',
  'service:"order service"',
  '-consumer:*',
  '-path:/health',
  'plugin:*',
  'ip:10.1.2.3',
])
  test(`holds: ${text}`, () => assert.equal(passes(text), true));

for (const text of [
  'status:>429',
  'status:5xx',
  'ms:>12.5',
  'method:GET',
  'host:example.com',
  'path:/order/',
  'path:orders',
  'route:Orders',
  'consumer:*',
  'consumer:alice',
  'plugin:key-auth',
  'ip:192.168.0.0/16',
  '-status:4xx',
  'status:4xx -route:orders',
])
  test(`does not hold: ${text}`, () => assert.equal(passes(text), false));

for (const [text, at, length, says] of [
  ['stauts:404', 0, 6, 'did you mean status'],
  ['status:4x', 7, 2, 'no status'],
  ['route:orders foo', 13, 3, 'FIELD:VALUE'],
  ['ip:10.0.0.0/40', 3, 11, 'CIDR'],
  ['-ms:fast', 4, 4, 'no ms'],
  ['route:', 6, 1, 'missing'],
  ['route:a,,b', 8, 1, 'missing'],
  ['route:"a b', 6, 1, 'never closed'],
  ['ms:9-3', 3, 3, 'greater'],
] as const) {
  test(`says where it is wrong: ${text}`, () => {
    const result = parseFilter(text);
    assert.ok(!result.ok);
    assert.deepEqual([result.error.at, result.error.length], [at, length]);
    assert.ok(result.error.message.includes(says), result.error.message);
  });
}

test('it has bounds', () => {
  assert.equal(parseFilter('a'.repeat(2000)).ok, false);
  assert.equal(parseFilter('ms:1 '.repeat(30)).ok, false);
  assert.equal(parseFilter(`route:${'a,'.repeat(30)}b`).ok, false);
});

const TEXTS = [
  'a',
  'orders',
  '/x/y',
  'with space',
  'with "quotes"',
  'comma,ed',
  '*',
  'a*b',
  '\\',
  ':',
  '-',
  'ü',
];

function randomTerm(random: Random): FilterTerm {
  const not = random.chance(0.3);
  if (random.chance(0.4)) {
    const any = Array.from({ length: 1 + random.below(3) }, (): NumberTest => {
      const value = random.below(600);
      if (random.chance(0.3)) return { kind: 'range', from: value, to: value + random.below(100) };
      return { kind: 'compare', operator: random.pick(['>', '>=', '<', '<=', '='] as const), value };
    });
    return { not, field: random.pick(['status', 'ms'] as const), any };
  }
  const field = random.pick(TEXT_FIELDS);
  const values = field === 'ip' ? ['10.0.0.1', '10.0.0.0/8', '::1', '*'] : TEXTS;
  return { not, field, any: random.some(values, 1, 3) };
}

test('what is written down is read again as it was', () => {
  const random = new Random(42);
  for (let round = 0; round < 3000; round++) {
    const terms = Array.from({ length: random.below(6) }, () => randomTerm(random));
    const text = formatFilter(terms);
    assert.deepEqual(parsed(text), terms, text);
    assert.equal(formatFilter(parsed(text)), text);
  }
});

test('it never throws, and what is wrong lies within the text or at its end', () => {
  const random = new Random(43);
  const alphabet = 'status:>=-<ms" \\,*/10.xr\u0000ü\n';
  for (let round = 0; round < 20_000; round++) {
    const text = Array.from({ length: random.below(24) }, () => random.pick([...alphabet])).join('');
    const result = parseFilter(text);
    if (result.ok) compileFilter(result.terms)(SUBJECT);
    else {
      assert.ok(result.error.at >= 0 && result.error.at <= text.length, JSON.stringify(text));
      assert.ok(result.error.length >= 1);
    }
  }
});

/** The meaning of a filter once more, as slowly and plainly as possible. */
function plainly(term: FilterTerm, subject: FilterSubject): boolean {
  const one = (): boolean => {
    if (term.field === 'status' || term.field === 'ms') {
      const value = subject[term.field];
      return (term.any as readonly NumberTest[]).some((test) => {
        if (test.kind === 'range') return value >= test.from && value <= test.to;
        return {
          '>': value > test.value,
          '>=': value >= test.value,
          '<': value < test.value,
          '<=': value <= test.value,
          '=': value === test.value,
        }[test.operator];
      });
    }
    const names: Record<string, string[]> = {
      method: [subject.method.toLowerCase()],
      host: [subject.host.toLowerCase()],
      path: [subject.path],
      plugin: [subject.plugin],
      route: [subject.routeName, subject.routeId],
      service: [subject.serviceName, subject.serviceId],
      consumer: [subject.consumerName, subject.consumerId],
    };
    const { field } = term;
    return (term.any as readonly string[]).some((wanted) =>
      names[field]!.some((name) => {
        if (['plugin', 'route', 'service', 'consumer'].includes(field) && name === '') return false;
        const text = field === 'method' || field === 'host' ? wanted.toLowerCase() : wanted;
        if (!text.includes('*')) return field === 'path' ? name.startsWith(text) : name === text;
        const escaped = text.split('*').map((piece) => piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
        return new RegExp(`^${escaped.join('.*')}$`, 's').test(name);
      }),
    );
  };
  return term.not ? !one() : one();
}

test('a compiled filter means what its terms say, for random filters and requests', () => {
  const random = new Random(44);
  for (let round = 0; round < 5000; round++) {
    const terms = Array.from({ length: random.below(4) }, () => randomTerm(random)).filter(
      ({ field }) => field !== 'ip',
    );
    const consumerId = random.pick(['', 'orders']);
    const subject: FilterSubject = {
      status: random.pick([200, 404, 500, random.below(600)]),
      ms: random.below(600),
      method: random.pick(['GET', 'A', 'a']),
      host: random.pick(TEXTS),
      path: random.pick(TEXTS) + random.pick(TEXTS),
      ip: '10.0.0.1',
      routeId: 'id',
      routeName: random.pick(TEXTS),
      serviceId: 'a',
      serviceName: random.pick(TEXTS),
      consumerId,
      consumerName: consumerId === '' ? '' : random.pick(['', 'aXb']),
      plugin: random.pick(['', 'a', 'orders']),
    };
    const wanted = terms.every((term) => plainly(term, subject));
    assert.equal(compileFilter(terms)(subject), wanted, formatFilter(terms) + JSON.stringify(subject));
  }
});
