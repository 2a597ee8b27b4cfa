/** Drafts: what changes is sent and nothing else, errors find their field, rules between fields are told, conflicts are seen. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { conflictOf } from '../../src/entities/conflict.ts';
import { declarativeEntity } from '../../src/entities/declarative.ts';
import { maskSecrets } from '../../src/entities/mask-secrets.ts';
import { differenceOf } from '../../src/form/changed-fields.ts';
import { DraftStore } from '../../src/form/draft-store.ts';
import { checkSentences } from '../../src/form/entity-checks.ts';
import { pathKey, problemAt, problemsOf, withoutProblem } from '../../src/form/field-errors.ts';
import { problemWith } from '../../src/form/field-rules.ts';
import type { EntitySchema } from '../../src/form/schema.ts';
import { valueAt, withValue } from '../../src/form/values.ts';

const SCHEMA: EntitySchema = {
  fields: [
    { name: { type: 'string' } },
    { tags: { type: 'set', elements: { type: 'string' } } },
    {
      config: {
        type: 'record',
        fields: [
          { minute: { type: 'number' } },
          { headers: { type: 'map', keys: { type: 'string' }, values: { type: 'string' } } },
          {
            redis: {
              type: 'record',
              fields: [{ host: { type: 'string' } }, { password: { type: 'string', encrypted: true } }],
            },
          },
        ],
      },
    },
  ],
};
const BASE = {
  name: 'a',
  tags: ['x'],
  unknown: 1,
  config: { minute: 5, headers: { a: '1', b: '2' }, redis: { host: 'h', password: 'p' }, old: true },
};

test('records are sent in part, maps and arrays whole, what is unknown not at all', () => {
  let draft = withValue(BASE, ['config', 'minute'], 6);
  draft = withValue(draft, ['config', 'headers'], { a: '1' });
  draft = withValue(draft, ['tags'], ['x', 'y']);
  const { body, fields } = differenceOf(SCHEMA, BASE, draft);
  assert.deepEqual(body, { tags: ['x', 'y'], config: { minute: 6, headers: { a: '1' } } });
  assert.deepEqual(
    fields.map(({ path }) => path.join('.')),
    ['tags', 'config.minute', 'config.headers'],
  );
});

test('back to what it was is no change; taken away is null', () => {
  const changed = withValue(withValue(BASE, ['name'], 'b'), ['name'], 'a');
  assert.deepEqual(differenceOf(SCHEMA, BASE, changed).body, {});
  assert.deepEqual(differenceOf(SCHEMA, BASE, withValue(BASE, ['name'], undefined)).body, { name: null });
});

test('secrets are known as such in what is shown', () => {
  const draft = withValue(BASE, ['config', 'redis', 'password'], 'q');
  assert.deepEqual(differenceOf(SCHEMA, BASE, draft).fields, [
    { path: ['config', 'redis', 'password'], before: 'p', after: 'q', secret: true },
  ]);
  const { value, masked } = maskSecrets(SCHEMA, { ...BASE, config: { ...BASE.config, redis_password: 'p' } });
  assert.ok(masked && !JSON.stringify(value).includes('"p"'));
  const vault = maskSecrets(SCHEMA, { config: { redis: { password: '{vault://env/x}' } } });
  assert.ok(!vault.masked && JSON.stringify(vault.value).includes('vault://env/x'));
});

test('values by path: nothing is changed in place, and names of prototypes are names', () => {
  const frozen = Object.freeze({ a: Object.freeze([Object.freeze({ b: 1 })]) });
  assert.deepEqual(withValue(frozen, ['a', 0, 'b'], 2), { a: [{ b: 2 }] });
  assert.deepEqual(withValue(frozen, ['a', 0], undefined), { a: [] });
  assert.deepEqual(withValue({}, ['x', 'y'], 1), { x: { y: 1 } });
  assert.equal(valueAt({}, ['constructor', 'name']), undefined);
  const odd = withValue({} as Record<string, unknown>, ['__proto__', 'polluted'], true);
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  assert.equal(Object.getPrototypeOf(odd), Object.prototype);
});

test('the errors of the gateway stand at their fields, lists at their elements', () => {
  const problems = problemsOf(
    {
      config: { redis: { port: 'value should be between 0 and 65535' }, '@entity': ['at least one'] },
      tags: [null, 'expected a string'],
      '@entity': ['failed conditional validation'],
    },
    'schema violation',
  );
  assert.equal(
    problems.fields.get(pathKey(['config', 'redis', 'port'])),
    'value should be between 0 and 65535',
  );
  assert.equal(problems.fields.get(pathKey(['tags', 1])), 'expected a string');
  assert.equal(problems.fields.get(pathKey(['config'])), 'at least one');
  assert.deepEqual(problems.general, ['failed conditional validation']);
  assert.equal(problemAt(problems, ['tags']), undefined);
  assert.equal(problemAt(problems, ['tags'], true), 'expected a string');
  assert.equal(problemAt(withoutProblem(problems, ['tags']), ['tags'], true), undefined);
  assert.deepEqual(problemsOf(undefined, 'no room').general, ['no room']);
});

test('rules of fields are those of the schema, and references are left alone', () => {
  assert.match(problemWith({ type: 'integer', between: [0, 10] }, 11) ?? '', /between 0 and 10/);
  assert.match(problemWith({ type: 'integer' }, 1.5) ?? '', /whole/);
  assert.match(problemWith({ type: 'number' }, 'abc') ?? '', /number/);
  assert.match(problemWith({ type: 'number', gt: 0 }, 0) ?? '', /greater/);
  assert.match(
    problemWith({ type: 'array', elements: { type: 'string', match: '^[A-Z]+$' } }, ['GET', 'get']) ?? '',
    /get/,
  );
  assert.equal(problemWith({ type: 'string', match: '(((' }, 'x'), undefined);
  assert.equal(problemWith({ type: 'integer' }, '{vault://env/x}'), undefined);
  assert.equal(problemWith({ type: 'integer' }, null), undefined);
});

test('rules between fields are sentences, and say whether they are kept', () => {
  const schema = {
    entity_checks: [
      { at_least_one_of: ['config.minute', 'config.hour'] },
      {
        conditional: {
          if_field: 'policy',
          if_match: { eq: 'redis' },
          then_field: 'host',
          then_match: { required: true },
        },
      },
      { mutually_required: ['cert_alt', 'key_alt'] },
      { custom_entity_check: { field_sources: ['x'] } },
      { something_new: true },
    ],
  };
  const kept = (draft: Record<string, unknown>) =>
    checkSentences(schema, draft).map(({ text, kept: one }) => `${one ? 'kept' : 'broken'}: ${text}`);
  assert.deepEqual(kept({}), [
    'broken: At least one of these is needed: minute, hour.',
    'kept: All of these or none: cert alt, key alt.',
  ]);
  assert.deepEqual(kept({ config: { hour: 1 }, policy: 'redis', cert_alt: 'x' }), [
    'kept: At least one of these is needed: minute, hour.',
    'broken: When policy is redis, host is needed.',
    'broken: All of these or none: cert alt, key alt.',
  ]);
});

test('what others changed meanwhile: base, theirs and mine', () => {
  const mine = withValue(withValue(BASE, ['name'], 'mine'), ['config', 'minute'], 7);
  const theirs = { ...withValue(withValue(BASE, ['name'], 'theirs'), ['tags'], ['z']), updated_at: 9 };
  const rows = conflictOf(SCHEMA, BASE, mine, theirs) ?? [];
  assert.deepEqual(
    rows.map(({ path, base, mine: own, theirs: other, collides }) => [
      path.join('.'),
      base,
      other,
      own,
      collides,
    ]),
    [
      ['name', 'a', 'theirs', 'mine', true],
      ['config.minute', 5, 5, 7, false],
      ['tags', ['x'], ['z'], ['x'], false],
    ],
  );
  assert.equal(conflictOf(SCHEMA, BASE, mine, { ...BASE, updated_at: 9 }), undefined);
  assert.equal(
    conflictOf(SCHEMA, BASE, mine, mine)?.some(({ collides }) => collides),
    false,
  );
});

test('a draft store tells its listeners, and only of changes', () => {
  const store = new DraftStore(SCHEMA, BASE, false);
  let told = 0;
  store.draft.subscribe(() => told++);
  store.set(['name'], 'a');
  store.set(['name'], 'b');
  store.set(['config', 'headers'], { b: '2', a: '1' });
  assert.equal(told, 1);
  store.problems.set(problemsOf({ name: 'taken' }, ''));
  store.set(['name'], 'c');
  assert.equal(store.problems.value.fields.size, 0);
  store.discard();
  assert.equal(store.draft.value, BASE);
});

test('as one writes it in a file: no ids, no times, nothing that is not set', () => {
  assert.deepEqual(
    declarativeEntity({
      id: '1',
      created_at: 1,
      updated_at: 2,
      name: 'a',
      path: null,
      service: { id: 's' },
      config: { a: null, b: [null, 1], c: { d: null } },
    }),
    { name: 'a', service: 's', config: { b: [1], c: {} } },
  );
});
