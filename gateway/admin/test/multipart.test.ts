import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../shared/test/random.ts';
import { multipartParts } from '../body/multipart.ts';

const TYPE = 'multipart/form-data; boundary=edge';
const parse = (text: string, type = TYPE, most = 10) => multipartParts(type, Buffer.from(text), most);
const part = (disposition: string, content: string, more = '') =>
  `--edge\r\nContent-Disposition: ${disposition}\r\n${more}\r\n${content}\r\n`;
const shown = (parts: ReturnType<typeof parse>) =>
  Array.isArray(parts) ? parts.map(({ name, type, content }) => [name, type, content.toString()]) : parts;

test('parts with their names, types and octets', () => {
  const body =
    part('form-data; name="a"', '1') +
    part(
      'form-data; filename="f"; name=b',
      '1 --edge is not at the start\r\n--edg',
      'Content-Type: Application/JSON; x=y\r\n',
    ) +
    part('form-data; name="q\\"uo%22te"', '') +
    '--edge--\r\nepilogue';
  assert.deepEqual(shown(parse(body)), [
    ['a', '', '1'],
    ['b', 'application/json', '1 --edge is not at the start\r\n--edg'],
    ['q"uo"te', '', ''],
  ]);
  assert.deepEqual(shown(parse(`preamble\r\n${body}`)), shown(parse(body)));
  assert.deepEqual(shown(parse(body, 'multipart/form-data; charset=x; boundary="edge"')), shown(parse(body)));
  assert.deepEqual(parse('--edge--'), []);
  assert.equal(parse(body, TYPE, 2), 'too many');
});

test('what is no such body is none', () => {
  const whole = `${part('form-data; name=a', 'x')}--edge--\r\n`;
  for (const [body, type] of [
    ['', TYPE],
    [whole, 'multipart/form-data'],
    [whole, 'multipart/form-data; boundary='],
    [whole, `multipart/form-data; boundary=${'x'.repeat(71)}`],
    [whole.replace('--edge--\r\n', ''), TYPE],
    [whole.replaceAll('\r\n', '\n'), TYPE],
    [whole.replace('form-data;', 'attachment;'), TYPE],
    [whole.replace(' name=a', ''), TYPE],
    [whole.replace('Content-Disposition', 'X'), TYPE],
    [whole.replace('Content-Disposition:', ': '), TYPE],
    [whole.replace('--edge\r\n', '--edgeX\r\n'), TYPE],
    [part('form-data; name=a', 'x', `X: ${'y'.repeat(9000)}\r\n`) + '--edge--', TYPE],
  ] as const)
    assert.equal(parse(body, type), undefined, body.slice(0, 60));
});

test('cut and spoilt bodies end', () => {
  const whole = Buffer.from(`${part('form-data; name=a', 'x')}${part('form-data; name=b', 'y')}--edge--\r\n`);
  for (let length = 0; length < whole.length - 4; length++)
    assert.equal(multipartParts(TYPE, whole.subarray(0, length), 10), undefined, String(length));
  const random = new Random(5);
  for (let i = 0; i < 2000; i++) {
    const spoilt = Buffer.from(whole);
    for (let n = 0; n < 3; n++) spoilt[random.below(spoilt.length)] = random.pick([13, 10, 45, 0, 255, 101]);
    multipartParts(TYPE, spoilt, 10);
  }
});
