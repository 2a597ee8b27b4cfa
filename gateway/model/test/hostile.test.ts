import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ModelError } from '../contract.ts';
import { Bench, index, refusal } from './fixture.ts';

function nested(depth: number): unknown {
  let value: unknown = {};
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { a: value };
  return value;
}

const BODIES: readonly (readonly [what: string, body: unknown])[] = [
  ['null', null],
  ['a text', 'x'],
  ['a number', 5],
  ['a list', [{}]],
  ['nothing', undefined],
  [
    'a prototype',
    JSON.parse('{"__proto__": {"name": "x", "host": "x"}, "constructor": {"prototype": {"x": 1}}}'),
  ],
  [
    'prototypes further in',
    JSON.parse(
      '{"name": "cors", "config": {"__proto__": {"x": 1}}, "service": {"__proto__": {"id": 1}}, "tags": {"__proto__": 1}}',
    ),
  ],
  [
    'lists where texts are expected',
    { name: [], host: {}, tags: 'x', username: [[]], prefix: 1, key: {}, id: [] },
  ],
  ['deep nesting', { config: nested(100_000), healthchecks: nested(100_000), tags: nested(100_000) }],
  [
    'long lists',
    { tags: Array.from({ length: 20_000 }, () => 5), paths: Array.from({ length: 20_000 }, () => '') },
  ],
  ['a long text', { tags: ['x'.repeat(50_000)], name: '\0'.repeat(50_000), nonsense: 1 }],
  ['many unknown fields', Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`f${i}`, i]))],
  [
    'not-a-number',
    { port: Number.NaN, retries: Number.POSITIVE_INFINITY, weight: -0.5, created_at: Number.NaN },
  ],
  ['lone surrogates and NUL', { name: '\ud800\0', username: '\0', tags: ['\ud800'], host: '\0' }],
];

const ID = '11111111-1111-4111-8111-111111111111';

/** The error of the model that `work` ends with, or what it returned. Any other error is a failure. */
function outcome<T>(work: () => T): ModelError | T {
  try {
    return work();
  } catch (error) {
    assert.ok(error instanceof ModelError, `threw ${String(error)}`);
    return error;
  }
}

describe('a hostile body', () => {
  for (const [what, body] of BODIES) {
    it(`of ${what} is refused in a bounded answer, and pollutes nothing`, () => {
      for (const collection of index.keys()) {
        const bench = new Bench();
        bench.insert('services', { name: 's', host: 'h' });
        const draft = bench.draft();
        for (const end of [
          outcome(() => draft.insert(collection, body)),
          outcome(() => draft.upsert(collection, ID, body)),
          outcome(() => draft.update('services', 's', body)),
        ]) {
          assert.ok(end instanceof ModelError, `${collection} took ${what}`);
          assert.deepEqual([end.status, end.body.code], [400, 2]);
          assert.ok(end.message.length < 11_000);
          assert.ok(JSON.stringify(end.body).length < 200_000);
        }
        assert.deepEqual(draft.change, []);
      }
      assert.deepEqual(Object.keys(Object.prototype), []);
      assert.equal(({} as { x?: unknown }).x, undefined);
    });
  }

  it('names keys of prototypes as unknown', () => {
    const bench = new Bench();
    bench.insert('services', { name: 's', host: 'h' });
    assert.equal(
      refusal(() => bench.draft().update('services', 's', JSON.parse('{"__proto__": {"host": "x"}}')))
        .message,
      'schema violation (__proto__: unknown field)',
    );
  });
});

describe('a hostile key', () => {
  for (const key of ['', '\0', '__proto__', 'constructor', '\ud800', 'x'.repeat(1e6), '../..', '{}']) {
    it(`${JSON.stringify(key.slice(0, 20))} is refused or finds nothing`, () => {
      const bench = new Bench();
      for (const collection of index.keys()) {
        for (const end of [
          outcome(() => bench.model.find(collection, key)),
          outcome(() => bench.model.findChild(collection, 'consumer', ID, key)),
        ]) {
          assert.ok(end === undefined || (end instanceof ModelError && [1, 10].includes(end.body.code)));
        }
        assert.ok(outcome(() => bench.draft().update(collection, key, {})) instanceof ModelError);
      }
    });
  }
});

describe('messages', () => {
  const message = (collection: string, body: object) =>
    refusal(() => new Bench().insert(collection, body)).message;

  it('count, join and sort the problems', () => {
    assert.equal(message('services', {}), 'schema violation (host: required field missing)');
    assert.equal(
      message('services', { path: 'x' }),
      '2 schema violations (host: required field missing; path: should start with: /)',
    );
  });

  it('name positions from one, and show deep ones as a table', () => {
    assert.equal(
      message('routes', { paths: ['/', 'x'] }),
      'schema violation (paths.2: should start with: / (fixed path) or ~/ (regex path))',
    );
    assert.equal(
      message('upstreams', { name: 'u', healthchecks: { active: { concurrency: 0 }, threshold: 101 } }),
      '2 schema violations (healthchecks.active: {\n  concurrency = "value should be between 1 and 2147483648"\n}; ' +
        'healthchecks.threshold: value should be between 0 and 100)',
    );
    assert.equal(
      message('plugins', { name: 'acl' }),
      "schema violation (config.@entity: {\n  \"at least one of these fields must be non-empty: 'allow', 'deny'\"\n})",
    );
  });

  it('of keys that cannot be one', () => {
    const bench = new Bench();
    assert.deepEqual(
      refusal(() => bench.model.find('ca_certificates', 'x')),
      {
        status: 400,
        code: 1,
        name: 'invalid primary key',
        message: `invalid primary key: '{id="expected a valid UUID"}'`,
        fields: { id: 'expected a valid UUID' },
      },
    );
    const error = refusal(() => bench.model.find('services', 'a b'));
    assert.deepEqual([error.status, error.code, error.name], [400, 10, 'invalid unique name']);
    assert.match(error.message, /^invalid value 'a b': the only accepted ascii characters/);
  });
});
