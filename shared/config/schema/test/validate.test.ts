import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  atLeastOneOf,
  conditional,
  distinct,
  mutuallyExclusive,
  mutuallyRequired,
  onlyOneOf,
} from '../checks.ts';
import {
  array,
  boolean,
  foreign,
  integer,
  json,
  map,
  number,
  type RecordField,
  record,
  set,
  string,
} from '../field.ts';
import { validate } from '../validate.ts';

const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;
const one = (field: RecordField['fields'][string], value: unknown) => {
  const { value: read, problems } = validate(record({ x: field }), { x: value });
  return problems.length === 0 ? { value: plain(read['x']) } : problems[0]?.message;
};

describe('messages', () => {
  const cases: readonly [string, RecordField['fields'][string], unknown, string][] = [
    ['text', string(), 1, 'expected a string'],
    ['empty text', string(), '', 'length must be at least 1'],
    ['number', number(), '1', 'expected a number'],
    ['not a number', number(), Number.NaN, 'expected a number'],
    ['integer', integer(), 1.5, 'expected an integer'],
    ['truth value', boolean(), 'true', 'expected a boolean'],
    ['list', array(string()), { a: 1 }, 'expected an array'],
    ['set', set(string()), 'a', 'expected a set'],
    ['map', map(string(), string()), ['a'], 'expected a map'],
    ['record', record({}), [], 'expected a record'],
    ['eq', string({ eq: 'a' }), 'b', 'value must be a'],
    ['eq null', string({ eq: null }), 'b', 'value must be null'],
    ['ne', string({ ne: 'a' }), 'a', 'value must not be a'],
    ['one of', string({ oneOf: ['a', 'b'] }), 'c', 'expected one of: a, b'],
    ['one of numbers', integer({ oneOf: [301, 302] }), 5, 'expected one of: 301, 302'],
    ['gt', number({ gt: 0 }), 0, 'value must be greater than 0'],
    ['timestamp', integer({ timestamp: true }), -1, 'expected a valid timestamp'],
    ['uuid', string({ uuid: true }), 'x', 'expected a valid UUID'],
    ['regex', string({ isRegex: true }), '(', 'not a valid regex: ('],
    ['between', integer({ between: [1, 3] }), 4, 'value should be between 1 and 3'],
    ['exact length', string({ lenEq: 2 }), 'abc', 'length must be 2'],
    ['least length', string({ lenMin: 2 }), 'a', 'length must be at least 2'],
    ['most length', string({ lenMax: 2 }), 'abc', 'length must be at most 2'],
    ['start', string({ startsWith: '/' }), 'a', 'should start with: /'],
    ['pattern', string({ match: /^a$/ }), 'b', 'invalid value: b'],
    ['forbidden pattern', string({ notMatch: /b/ }), 'b', 'invalid value: b'],
    ['own check', string({ custom: (v: string) => `no ${v}` }), 'b', 'no b'],
    ['least elements', array(string(), { lenMin: 1 }), [], 'length must be at least 1'],
    ['required', string({ required: true }), undefined, 'required field missing'],
    ['required null', string({ required: true, default: 'a' }), null, 'required field missing'],
    ['foreign', foreign('services'), 'a', 'expected a record'],
    ['foreign without id', foreign('services'), {}, 'missing primary key'],
    ['foreign with a wrong id', foreign('services'), { id: 'a' }, 'expected a valid UUID'],
    ['reserved key', map(string(), string()), JSON.parse('{"__proto__": "a"}'), 'invalid value: __proto__'],
    ['map key', map(string({ match: /^a$/ }), string()), { b: 'x' }, 'invalid value: b'],
  ];
  for (const [name, field, value, message] of cases) {
    it(`are Kong's: ${name}`, () => assert.equal(one(field, value), message));
  }

  it('come in the order of the validators: the first broken rule only', () => {
    const field = string({ oneOf: ['aaaa'], lenMin: 3, match: /^a/, custom: () => 'custom' });
    assert.equal(one(field, 'b'), 'expected one of: aaaa');
    assert.equal(
      one(string({ lenMin: 3, match: /^a/, custom: () => 'custom' }), 'b'),
      'length must be at least 3',
    );
    assert.equal(one(string({ match: /^a/, custom: () => 'custom' }), 'b'), 'invalid value: b');
  });
});

describe('values', () => {
  it('get defaults, also in records that are expanded', () => {
    const schema = record({
      a: string({ default: 'x' }),
      b: string(),
      c: record({ d: integer({ default: 5 }) }, { required: true }),
      e: record({ d: integer({ default: 5 }) }),
      f: record({ d: integer({ default: 5 }), g: integer() }, { default: {} }),
      h: array(integer(), { default: [1] }),
    });
    const { value, problems } = validate(schema, { f: { g: 1 } });
    assert.deepEqual(problems, []);
    assert.deepEqual(value, { a: 'x', b: null, c: { d: 5 }, e: null, f: { d: 5, g: 1 }, h: [1] });
  });

  it('never share a default with the schema', () => {
    const schema = record({ a: array(string(), { default: ['x'] }) });
    const first = validate(schema, {}).value['a'];
    assert.notEqual(first, validate(schema, {}).value['a']);
  });

  it('of sets lose duplicates, first ones staying in order', () => {
    assert.deepEqual(one(set(string()), ['b', 'a', 'b']), { value: ['b', 'a'] });
    const endpoints = set(record({ ip: string(), port: integer() }));
    assert.deepEqual(one(endpoints, [{ ip: 'a' }, { port: 1 }, { port: null, ip: 'a' }]), {
      value: [
        { ip: 'a', port: null },
        { ip: null, port: 1 },
      ],
    });
  });

  it('that are vault references pass only where they may be', () => {
    const reference = '{vault://env/name}';
    assert.deepEqual(one(string({ referenceable: true, uuid: true }), reference), { value: reference });
    assert.equal(one(string({ uuid: true }), reference), 'expected a valid UUID');
  });

  it('are transformed when they are right', () => {
    assert.deepEqual(one(string({ transform: (v: string) => v.toUpperCase() }), 'a'), { value: 'A' });
  });

  it('of maps have no prototype', () => {
    const { value } = validate(record({ x: map(string(), json()) }), { x: { a: 1 } });
    assert.equal(Object.getPrototypeOf(value['x']), null);
  });
});

describe('the tree of errors', () => {
  it('mirrors the value, with holes for elements that are right', () => {
    const schema = record({
      list: array(string({ lenMin: 2 })),
      records: array(record({ n: integer({ required: true }) })),
      map: map(string(), integer()),
    });
    const { fields } = validate(schema, {
      list: ['ok', 'x', 'ok', 'y'],
      records: [{ n: 1 }, { n: 'a', m: 1 }],
      map: { a: 1, b: 'c' },
      extra: 1,
    });
    assert.deepEqual(plain(fields), {
      list: [null, 'length must be at least 2', null, 'length must be at least 2'],
      records: [null, { n: 'expected an integer', m: 'unknown field' }],
      map: { b: 'expected an integer' },
      extra: 'unknown field',
    });
  });

  it('collects messages about a whole record', () => {
    const schema = record(
      {
        a: string(),
        b: string(),
        c: record({ d: string(), e: string() }, { checks: [onlyOneOf('d', 'e')] }),
      },
      { checks: [atLeastOneOf('a', 'b'), mutuallyRequired('a', 'c.d')] },
    );
    const { fields } = validate(schema, { c: { d: 'x', e: 'y' } });
    assert.deepEqual(plain(fields), {
      '@entity': [
        "at least one of these fields must be non-empty: 'a', 'b'",
        "all or none of these fields must be set: 'a', 'c.d'",
      ],
      c: { '@entity': ["exactly one of these fields must be non-empty: 'd', 'e'"] },
    });
  });
});

describe('checks over several fields', () => {
  const messages = (check: ReturnType<typeof distinct>, value: Record<string, unknown>) => {
    const schema = record({ a: string({ lenMax: 3 }), b: string({ lenMax: 3 }) }, { checks: [check] });
    return validate(schema, value).problems.map(({ path, message }) => `${path.join('.')}: ${message}`);
  };

  it('that are exclusive', () => {
    assert.deepEqual(messages(mutuallyExclusive('a', 'b'), { a: 'x', b: 'y' }), [
      "@entity: only one or none of these fields must be set: 'a', 'b'",
    ]);
    assert.deepEqual(messages(mutuallyExclusive('a', 'b'), { a: 'x' }), []);
  });

  it('that must be distinct', () => {
    assert.deepEqual(messages(distinct('a', 'b'), { a: 'x', b: 'x' }), [
      "@entity: values of these fields must be distinct: 'a', 'b'",
    ]);
    assert.deepEqual(messages(distinct('a', 'b'), {}), []);
  });

  it('that depend on each other', () => {
    const check = conditional({
      ifField: 'a',
      ifMatch: string({ oneOf: ['x'] }),
      thenField: 'b',
      thenMatch: string({ required: true }),
    });
    assert.deepEqual(messages(check, { a: 'x' }), [
      'b: required field missing',
      "@entity: failed conditional validation given value of field 'a'",
    ]);
    assert.deepEqual(messages(check, { a: 'y' }), []);
    assert.deepEqual(messages(check, {}), []);
    assert.deepEqual(messages(check, { a: 'x', b: 'y' }), []);
  });

  it('are skipped when a field is wrong already, unless they always run', () => {
    assert.deepEqual(messages(mutuallyRequired('a', 'b'), { a: 'too long' }), [
      'a: length must be at most 3',
    ]);
    // A wrong value counts as given.
    assert.deepEqual(messages(atLeastOneOf('a', 'b'), { a: 'too long' }), ['a: length must be at most 3']);
  });
});

describe('shorthands', () => {
  const schema = record(
    {
      redis: record({ host: string(), port: integer({ default: 6379 }) }, { required: true }),
      url: string(),
    },
    {
      shorthands: {
        redis_host: { description: '', schema: string(), expand: (value) => ({ redis: { host: value } }) },
        address: {
          description: '',
          schema: string(),
          expand: (value) => ({ url: `http://${String(value)}/` }),
        },
      },
    },
  );

  it('merge into records and win over what stands beside them', () => {
    const { value, problems } = validate(schema, {
      redis_host: 'h',
      redis: { port: 1, host: 'g' },
      address: 'a',
      url: 'b',
    });
    assert.deepEqual(problems, []);
    assert.deepEqual(plain(value), { redis: { host: 'h', port: 1 }, url: 'http://a/' });
  });

  it('say nothing when they are null', () => {
    assert.deepEqual(plain(validate(schema, { redis_host: null, redis: { host: 'g' } }).value), {
      redis: { host: 'g', port: 6379 },
      url: null,
    });
  });

  it('are checked themselves', () => {
    assert.deepEqual(plain(validate(schema, { redis_host: 1 }).fields), { redis_host: 'expected a string' });
  });

  it('never change their input', () => {
    const input = { redis_host: 'h', redis: { port: 1 } };
    validate(schema, input);
    assert.deepEqual(input, { redis_host: 'h', redis: { port: 1 } });
  });
});

describe('a record that is wrong somewhere', () => {
  it('keeps its defaults for the checks around it', () => {
    const config = record(
      { kind: string({ default: 'b' }), x: integer(), port: integer({ default: 1 }) },
      { required: true },
    );
    const needsPort = conditional({
      ifField: 'config.kind',
      ifMatch: string({ eq: 'b' }),
      thenField: 'config.port',
      thenMatch: integer({ required: true }),
    });
    const schema = record({ config }, { checks: [needsPort] });
    assert.deepEqual(plain(validate(schema, { config: { x: 'one', y: 1 } }).fields), {
      config: { x: 'expected an integer', y: 'unknown field' },
    });
  });
});
