import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { invalidConfigurationMessage } from '../error-message.ts';
import { flattenedErrors } from '../flatten-errors.ts';
import { declarativeFromObject } from '../read.ts';
import { plugins } from './fixture-plugins.ts';

function failure(document: Record<string, unknown>) {
  const result = declarativeFromObject({ _format_version: '3.0', ...document }, { plugins, now: 0 });
  assert.ok(!result.ok);
  return result;
}
const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;

describe('flattened errors', () => {
  it('have one item for each entity, by type and position, and leave the rest in fields', () => {
    const { entityErrors } = failure({
      nonsense: [],
      services: [
        {
          id: '0855b320-0dd2-547d-891d-601e9b38647f',
          name: 'a',
          host: 'a',
          routes: [
            { name: 'r', tags: ['t'], paths: ['/ok', 'b', 'c'], methods: ['get'] },
            { name: 'fine', paths: ['/'] },
          ],
        },
        { name: 'b', prt: 1 },
      ],
      consumers: [{}],
    });
    assert.deepEqual(plain(flattenedErrors(entityErrors)), {
      fields: { nonsense: 'unknown field' },
      flattened_errors: [
        {
          entity_type: 'consumer',
          entity: {},
          errors: [
            {
              type: 'entity',
              message: "at least one of these fields must be non-empty: 'custom_id', 'username'",
            },
          ],
        },
        {
          entity_type: 'route',
          entity_name: 'r',
          entity_tags: ['t'],
          entity: {
            name: 'r',
            tags: ['t'],
            paths: ['/ok', 'b', 'c'],
            methods: ['get'],
            service: { id: '0855b320-0dd2-547d-891d-601e9b38647f' },
          },
          errors: [
            { type: 'field', field: 'methods', message: 'invalid value: get' },
            {
              type: 'field',
              field: 'paths',
              message: 'should start with: / (fixed path) or ~/ (regex path)',
            },
            {
              type: 'field',
              field: 'paths',
              message: 'should start with: / (fixed path) or ~/ (regex path)',
            },
          ],
        },
        {
          entity_type: 'service',
          entity_name: 'b',
          entity: { name: 'b', prt: 1 },
          errors: [
            { type: 'field', field: 'host', message: 'required field missing' },
            { type: 'field', field: 'prt', message: 'unknown field' },
          ],
        },
      ],
    });
  });

  it('include what the later stages find', () => {
    const { entityErrors, fields } = failure({
      services: [{ name: 'a', host: 'a' }],
      routes: [{ name: 'r', paths: ['/'], service: 'b' }],
    });
    assert.deepEqual(plain(fields), {
      routes: { r: ["invalid reference 'service: b' (no such entry in 'services')"] },
    });
    const {
      flattened_errors: [item],
      fields: rest,
    } = flattenedErrors(entityErrors);
    assert.deepEqual(plain(rest), {});
    assert.equal(item?.entity_name, 'r');
    assert.deepEqual(item?.errors, [
      { type: 'entity', message: "invalid reference 'service: b' (no such entry in 'services')" },
    ]);
  });
});

describe('the places of errors in fields', () => {
  it('mirror the document for duplicates', () => {
    const { fields } = failure({
      services: [
        { name: 'a', host: 'a' },
        { name: 'a', host: 'b' },
      ],
    });
    assert.deepEqual(plain(fields), {
      services: [null, "uniqueness violation: 'services' entity with name set to 'a' already declared"],
    });
  });

  it('go by the name of the entity for other unique values', () => {
    const { fields } = failure({
      consumers: [
        { username: 'a', custom_id: 'x' },
        { username: 'b', custom_id: 'x' },
      ],
    });
    assert.deepEqual(plain(fields), {
      consumers: { b: "uniqueness violation: 'consumers' entity with custom_id set to 'x' already declared" },
    });
  });

  it('of an unresolvable extra scope are those of a field', () => {
    const { fields } = failure({
      routes: [
        { paths: ['/'], plugins: [{ name: 'tcp-log', config: { host: 'a', port: 1 }, consumer: 'x' }] },
      ],
    });
    assert.deepEqual(plain(fields), { routes: [{ plugins: [{ consumer: 'value must be null' }] }] });
  });

  it('of text that is no document say that parsing failed', () => {
    const result = declarativeFromObject([], { plugins, now: 0 });
    assert.ok(!result.ok);
    assert.deepEqual(plain(result.fields), {
      error: 'failed parsing declarative configuration: expected an object',
    });
  });

  it('are printed as Kong prints tables', () => {
    const { fields } = failure({ services: [{ name: 'a' }, { host: 'a', 'x-y': 1 }] });
    assert.equal(
      invalidConfigurationMessage(fields),
      'declarative config is invalid: {services={{host="required field missing"},{["x-y"]="unknown field"}}}',
    );
  });
});
