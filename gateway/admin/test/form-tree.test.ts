import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  array,
  boolean,
  foreign,
  integer,
  map,
  number,
  record,
  set,
  string,
} from '../../../shared/config/schema/field.ts';
import { formTree } from '../body/form-tree.ts';
import { inferRecord } from '../body/infer.ts';
import { jsonObject } from '../body/json-text.ts';
import { percentDecode, percentDecodeLeniently } from '../http/percent.ts';
import { decodeForm } from '../http/query.ts';

const SCHEMA = record({
  name: string(),
  count: integer(),
  share: number(),
  on: boolean(),
  hosts: set(string()),
  ports: array(integer()),
  owner: foreign('services'),
  headers: map(string(), array(string())),
  limits: map(string(), record({ minute: number() })),
  config: record({ add: record({ headers: array(string()) }), items: array(record({ n: integer() })) }),
});

const read = (text: string) => JSON.parse(JSON.stringify(inferRecord(formTree(decodeForm(text)), SCHEMA)));

test('names lead into records, maps and lists', () => {
  assert.deepEqual(read('config.add.headers[1]=a:b&config.add.headers[2]=c'), {
    config: { add: { headers: ['a:b', 'c'] } },
  });
  assert.deepEqual(read('config.items[1].n=1&config.items[2].n=2'), {
    config: { items: [{ n: 1 }, { n: 2 }] },
  });
  assert.deepEqual(read('headers.x-a=1&headers[x-b]=2&headers[x-b]=3&headers[7]=4'), {
    headers: { 'x-a': ['1'], 'x-b': ['2', '3'], 7: ['4'] },
  });
  assert.deepEqual(read('limits[video].minute=5&limits.audio.minute=6'), {
    limits: { video: { minute: 5 }, audio: { minute: 6 } },
  });
  assert.deepEqual(read('owner.id=1&owner.name=5'), { owner: { id: '1', name: '5' } });
});

test('texts become what the schema says, or stay texts', () => {
  assert.deepEqual(read('count=10&share=+1.5e1+&on=true'), { count: 10, share: 15, on: true });
  assert.deepEqual(read('count=ten&share=&on=TRUE&name='), {
    count: 'ten',
    share: null,
    on: 'TRUE',
    name: null,
  });
  assert.deepEqual(read('count=0x1F&share=Infinity'), { count: 31, share: 'Infinity' });
  assert.deepEqual(read('count=1&count=2&name=a&name=b'), { count: [1, 2], name: ['a', 'b'] });
  assert.deepEqual(read('ports=1&ports=x&hosts='), { ports: [1, 'x'], hosts: null });
  assert.deepEqual(read('ports[]=&hosts[10]=b&hosts[2]=a&hosts[]=c'), {
    ports: [null],
    hosts: ['a', 'b', 'c'],
  });
  assert.deepEqual(read('unknown=1&unknown.a=2&other[]=x'), { unknown: { a: '2' }, other: ['x'] });
});

test('names that are no paths are names', () => {
  assert.deepEqual(read('a.=1&.b=2&c[=3&d]=4&e[x]y=5&..=6&[1]=7'), {
    'a.': '1',
    '.b': '2',
    'c[': '3',
    'd]': '4',
    'e[x]y': '5',
    '..': '6',
    '[1]': '7',
  });
  const deep = Array.from({ length: 33 }, () => 'x').join('.');
  assert.deepEqual(read(`${deep}=1`), { [deep]: '1' });
  const form = inferRecord(formTree(decodeForm('__proto__.x=1&constructor=2')), SCHEMA);
  assert.deepEqual(Object.keys(form), ['__proto__', 'constructor']);
  assert.equal(Object.getPrototypeOf(form), null);
});

test('percent signs and octets', () => {
  assert.equal(percentDecode('%41%zz%4'), 'A%zz%4');
  assert.equal(percentDecode('a+b%2B', true), 'a b+');
  assert.equal(percentDecode('%c3%a4\xc3\xa4'), 'ää');
  assert.equal(percentDecodeLeniently('a%ff+', true), 'a\ufffd ');
  assert.equal(percentDecode('%EF%BB%BFx'), '\ufeffx');
  for (const text of ['\xff', '%ff', '%c3', '%ed%a0%80', '%c0%80'])
    assert.equal(percentDecode(text), undefined, text);
});

test('JSON is an object of well-formed text that nests so far', () => {
  const read = (text: string | Buffer) => jsonObject(Buffer.from(text as string));
  assert.deepEqual(read('{"a":"\\ud83d\\ude00","b":"{[\\"{"}'), { a: '😀', b: '{["{' });
  for (const text of ['', '1', '[]', 'null', '{"a":"\\ud83d"}', '{"\\ude00":1}', '{"a":1,}', '{"a":NaN}'])
    assert.equal(read(text), undefined, text);
  assert.equal(read(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])), undefined);
  const nested = (depth: number) => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth);
  assert.ok(read(nested(1000)));
  assert.equal(read(nested(1001)), undefined);
});
