/** What validation accepts in a route, the router can run: random routes go through both. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { compileRouter } from '../../../router/compile.ts';
import { normalisePath } from '../../../router/normalise-path.ts';
import { query, route } from '../../../router/test/samples.ts';
import { Random } from '../../../test/random.ts';
import { normalPrefix, whyNeverMatches } from '../../schema/path.ts';
import { validate } from '../../schema/validate.ts';
import { routes } from '../routes.ts';

const PIECES = [
  ...['a', '/', 'ü', '-', '\\d+', '\\w', '\\.', '.', '.*', '[^/]+', '[a-z]', '[', ']', '(', ')', '(?:', '|'],
  ...['(?<id>', '(?P<id>', '(?i)', '(?=', '(?!', '(?<!', '\\1', '\\k<id>', '\\b', '\\b{start}', '\\<', '\\Q'],
  ...[
    '*',
    '+',
    '?',
    '{2}',
    '{2,900}',
    '{',
    '&&',
    '--',
    '^',
    '$',
    '\\',
    '\\A',
    '\\z',
    '\\Z',
    '[[:alpha:]]',
    '++',
  ],
];

function read(fields: Readonly<Record<string, unknown>>) {
  return validate(routes.schema, { name: 'r', hosts: ['a.test'], ...fields });
}

test('the general engine is not loaded by configurations without need of it', () => {
  assert.deepEqual(read({ paths: ['/a', '~/a/(?<id>\\d+)$'], headers: { x: ['~*^v[12]$'] } }).problems, []);
  const { cache } = createRequire(import.meta.url);
  assert.equal(
    Object.keys(cache).some((file) => file.includes('re2js')),
    false,
  );
});

test('property: a route that validates compiles', () => {
  const random = new Random(20_261_124);
  let valid = 0;
  let refused = 0;
  for (let round = 0; round < 3000; round++) {
    const pattern = random.some(PIECES, 1, 6).join('');
    const fields = random.chance(0.5) ? { paths: [`~/${pattern}`] } : { headers: { x: [`~*${pattern}`] } };
    const { problems } = read(fields);
    const compiled = () => compileRouter([{ route: route({ ...fields, name: 'r' }), value: 1 }]);
    if (problems.length > 0) {
      refused++;
      assert.throws(compiled, { name: 'RouteCompileError' }, pattern);
      assert.match(problems[0]!.message, /^(?:invalid regex: '|Router Expression failed validation: )/);
      assert.match(String(problems[0]!.path), /^(?:paths,0|headers,x,0)$/);
    } else {
      valid++;
      assert.doesNotThrow(compiled, pattern);
    }
  }
  assert.ok(valid > 500 && refused > 500, `${valid} valid, ${refused} refused`);
});

test('property: a prefix that validates is matched by a request for it, unless a reason says why not', () => {
  const random = new Random(7);
  const characters = [...'/ab.~%25%00%ffü\\?#[ ', '%', '%41', '%2F', '%5C', '%C3%BC', '..', '\u0007'];
  let matched = 0;
  for (let round = 0; round < 3000; round++) {
    const prefix = `/${random.some(characters, 0, 6).join('')}`;
    if (read({ hosts: null, paths: [prefix] }).problems.length > 0) continue;
    const reason = whyNeverMatches(prefix);
    if (reason !== undefined) continue;
    // As a client writes it: every octet but slashes and escapes that are there already.
    const sent = [...Buffer.from(prefix, 'utf8')]
      .map((octet) =>
        /[/%A-Za-z0-9]/.test(String.fromCharCode(octet))
          ? String.fromCharCode(octet)
          : octet > 0x20 && octet < 0x7f && octet !== 0x5c
            ? String.fromCharCode(octet)
            : `%${octet.toString(16).padStart(2, '0')}`,
      )
      .join('');
    const path = normalisePath(sent);
    assert.ok(path !== undefined, `${prefix}: ${sent}`);
    const router = compileRouter([{ route: route({ paths: [prefix] }), value: 'r' }]);
    assert.equal(router.match(query({ path }))?.value, 'r', `${prefix}: ${sent}`);
    assert.equal(normalPrefix(prefix), prefix);
    matched++;
  }
  assert.ok(matched > 300, `${matched} prefixes`);
});
