/** Query strings as the log shows them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { queryJson } from '../query-json.ts';

test('decoded names and values, repeats, valueless arguments, nonsense', () => {
  const cases: [string, object][] = [
    ['', {}],
    ['&&', {}],
    ['a=1', { a: '1' }],
    ['a', { a: true }],
    ['a=', { a: '' }],
    ['a&b=c', { a: true, b: 'c' }],
    ['a=b=c', { a: 'b=c' }],
    ['=x', { '': 'x' }],
    ['a+b=%41%22+c', { 'a b': 'A" c' }],
    ['a=%zz&b=%', { a: '%zz', b: '%' }],
    ['a=1&b=2&a=3&a', { a: ['1', '3', true], b: '2' }],
    ['a=1&%61=2', { a: ['1', '2'] }],
    ['a=%ff', { a: '%ff' }],
  ];
  for (const [query, expected] of cases) assert.deepEqual(JSON.parse(queryJson(query)), expected, query);
});

test('many arguments', () => {
  const query = Array.from({ length: 30 }, (_, index) => `k${index}=${index}`).join('&');
  assert.equal(Object.keys(JSON.parse(queryJson(query))).length, 30);
  assert.deepEqual(JSON.parse(queryJson(`${query}&k29=x`)).k29, ['29', 'x']);
});
