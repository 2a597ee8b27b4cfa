/** Templates: what they can say, what is not there, what is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { record } from '../../../config/schema/field.ts';
import type { Exchange } from '../../contract.ts';
import { definePlugin } from '../../contract.ts';
import { createPluginHarness } from '../../testkit.ts';
import { brokenTemplate, compileTemplate, RequestNames } from '../template.ts';

let exchange: Exchange | undefined;
const probe = definePlugin({
  name: 'probe',
  version: '1.0.0',
  priority: 1,
  schema: { config: record({}, { required: true }) },
  create: () => ({
    access(one) {
      one.note('tenant', 'acme');
      one.note('object', { a: 1 });
      exchange = one;
    },
  }),
});
await createPluginHarness(probe).run({
  path: '/x?apikey=k1&apikey=k2&one=%C3%BC&empty=&__proto__=p',
  headers: [
    ['Authorization', 'Bearer sb_secret'],
    ['X-A-B', 'dashed'],
    ['X_C', 'under'],
    ['X-Two', '1'],
    ['X-Two', '2'],
    ['X-Utf', Buffer.from('ü').toString('latin1')],
  ],
  captures: { name: 'n', 1: 'n' },
});
const render = (source: string) => compileTemplate(source).render(new RequestNames(exchange!));

const RENDERED: readonly (readonly [string, string])[] = [
  ['plain', 'plain'],
  ['$(headers.authorization)', 'Bearer sb_secret'],
  ['$(headers["x-a-b"])', 'dashed'],
  ["$(headers['X-A-B'])", 'dashed'],
  ['$(headers.x_a_b)', 'dashed'],
  ['$(headers.x_c)', 'under'],
  ['$(headers.x_two)', '1, 2'],
  ['$(headers.x_utf)', 'ü'],
  ['$(headers.nope)', ''],
  ['[$(query_params.apikey)]', '[k1, k2]'],
  ['$(query_params.one)', 'ü'],
  ['$(query_params.empty or "x")', ''],
  ['$(query_params.__proto__)', 'p'],
  ['$(headers.__proto__)', ''],
  ['$(headers.constructor)', ''],
  ['$(uri_captures.name)-$(uri_captures[1])$(uri_captures[2])', 'n-n'],
  ['$(uri_captures.toString)', ''],
  ['$(shared.tenant)', 'acme'],
  ['$(shared.object)', ''],
  ["a $(headers.nope or 'b') c", 'a b c'],
  ['$(headers.nope and "x")', ''],
  ['$("a" .. "b" .. 1)', 'ab1'],
  ['$(nil)', ''],
  ['$(not nil)', 'true'],
  ['$(not not "a" and "y")', 'y'],
  ['$(1 < 2 and "less" or "more")', 'less'],
  ['$("b" <= "a")', 'false'],
  ['$("a" < 1)', 'false'],
  ['$(headers.authorization:sub(1, 6))', 'Bearer'],
  ['$(headers.authorization:sub(-6))', 'secret'],
  ['$(headers.authorization:sub(8):upper())', 'SB_SECRET'],
  ['$(headers.authorization:sub(5, 2))', ''],
  ['$(headers.nope:sub(1, 2))', ''],
  ['$(headers.nope.deeper)', ''],
  ['$(headers)', ''],
  ['$("a)b")', 'a)b'],
  ['$("say \\"hi\\"")', 'say "hi"'],
  ['$((("deep")))', 'deep'],
  ['$(#"four" == 4)', 'true'],
  ['$(-1)', '-1'],
  // As self-hosted Supabase has it.
  [
    "$((headers.authorization ~= nil and headers.authorization:sub(1, 10) ~= 'Bearer sb_' and headers.authorization) or query_params.apikey)",
    'k1, k2',
  ],
];
for (const [source, text] of RENDERED) {
  test(source, () => assert.equal(render(source), text));
}

const REFUSED: readonly (readonly [string, RegExp])[] = [
  ['$(', /'\)' expected at the end/],
  ['$()', /it ends too early/],
  ['$(headers.)', /a name expected behind '\.'/],
  ['$(os.exit())', /'os' is not known; there are headers, query_params, uri_captures, shared/],
  ['$(process)', /'process' is not known/],
  ['$(headers.a:gsub("a"))', /there is no method 'gsub'; there are sub, lower, upper, len/],
  ['$(headers.a:constructor())', /there is no method 'constructor'/],
  ['$(headers.a b)', /unexpected 'b'/],
  ['$(a = 1)', /unexpected '= 1'/],
  ['$("open)', /expected at the end/],
  [`$(${'('.repeat(60)}1${')'.repeat(60)})`, /nested too deeply/],
  ['$(headers["a")', /'\]' expected/],
];
for (const [source, reason] of REFUSED) {
  test(`refused: ${source.slice(0, 40)}`, () => {
    const message = brokenTemplate(source)!;
    assert.ok(message.startsWith(`value '${source}' is not in supported format, error:`));
    assert.match(message, reason);
  });
}

test('what is rendered has a bound', () => {
  assert.equal(render('$(headers.authorization)'.repeat(10_000)).length, 64 * 1024);
});

test('a text without templates is known beforehand', () => {
  assert.equal(compileTemplate('a $b').fixed, 'a $b');
  assert.equal(compileTemplate('a $(nil)').fixed, undefined);
});
