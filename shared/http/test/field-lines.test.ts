/** Field lines and their overlay of changes, against a model that is a plain list. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FieldLines, SKIP_NONE } from '../field-lines.ts';
import { Random } from '../fuzz/random.ts';
import { Field, fieldOf, fieldSet } from '../known-fields.ts';

const NAMES = ['X', 'x', 'X-Long-Name', 'Host', 'host', 'Cookie', 'a', '__proto__', 'Content-Type', 'Via'];
const VALUES = ['', '1', 'a b', '\x80\xff', 'x'.repeat(40), 'a\tb'];

function parsed(text: string): FieldLines {
  const octets = Buffer.from(text, 'latin1');
  const lines = new FieldLines(2);
  assert.equal(lines.parse(octets, 0, 0, octets.length, 1 << 20, 1000), octets.length);
  lines.text = text;
  return lines;
}

/** The same operations on a list. */
class Model {
  lines: (readonly [string, string])[] = [];
  private is(name: string): (line: readonly [string, string]) => boolean {
    return ([other]) => other.toLowerCase() === name.toLowerCase();
  }
  getAll(name: string): string[] {
    return this.lines.filter(this.is(name)).map(([, value]) => value);
  }
  remove(name: string): boolean {
    const before = this.lines.length;
    this.lines = this.lines.filter((line) => !this.is(name)(line));
    return this.lines.length < before;
  }
}

test('random changes agree with the model', () => {
  const random = new Random(42);
  for (let round = 0; round < 2000; round++) {
    const model = new Model();
    let text = '';
    for (let i = random.below(6); i > 0; i--) {
      const line = [random.pick(NAMES), random.pick(VALUES)] as const;
      const before = random.pick([': ', ':', ':  ', ':\t']);
      text += `${line[0]}${before}${line[1]}${random.pick(['', '', ' ', '\t'])}\r\n`;
      model.lines.push(line);
    }
    const lines = parsed(`${text}\r\n`);
    for (let step = random.below(8); step > 0; step--) {
      const name = random.pick(NAMES);
      const value = random.pick(VALUES);
      switch (random.below(3)) {
        case 0: {
          // Where a line that is set stands among the others is not promised: the model asks the section.
          lines.set(name, value);
          model.remove(name);
          const at: (readonly [string, string])[] = [];
          lines.forEach((n, v) => void at.push([n, v]));
          assert.deepEqual(
            at.filter(([n]) => n.toLowerCase() !== name.toLowerCase()),
            model.lines,
            'the others stay in order',
          );
          model.lines = at;
          assert.deepEqual(lines.getAll(name), [value]);
          break;
        }
        case 1:
          lines.append(name, value);
          model.lines.push([name, value]);
          break;
        default:
          assert.equal(lines.remove(name), model.remove(name));
      }
      assert.equal(lines.size, model.lines.length);
      for (const asked of NAMES) {
        assert.deepEqual(lines.getAll(asked), model.getAll(asked));
        assert.equal(lines.get(asked), model.getAll(asked)[0]);
        assert.equal(lines.has(asked), model.getAll(asked).length > 0);
      }
    }
    const seen: (readonly [string, string])[] = [];
    lines.forEach((name, value) => void seen.push([name, value]));
    assert.deepEqual(seen, model.lines);
    const serialised = (skipped: (name: string) => boolean): string =>
      model.lines
        .filter(([name]) => !skipped(name))
        .map(([name, value]) => `${name}: ${value}\r\n`)
        .join('');
    assert.equal(
      lines.serialise(SKIP_NONE),
      serialised(() => false),
    );
    assert.equal(
      lines.serialise(fieldSet(Field.host, Field.via)),
      serialised((name) => fieldOf(name) === Field.host || fieldOf(name) === Field.via),
    );
  }
});

test('names and values that may not be sent are refused', () => {
  const lines = new FieldLines();
  for (const name of ['', 'a b', 'a:', 'a\r\n', '\x80', 'a\0', 'ſ', 'Ａ']) {
    assert.throws(() => lines.set(name, 'x'), TypeError, JSON.stringify(name));
    assert.throws(() => lines.append(name, 'x'), TypeError);
  }
  for (const value of ['a\r\nb', 'a\rb', 'a\nb', '\0', '\x7f', 'é€', '\x0b']) {
    assert.throws(() => lines.set('X', value), TypeError, JSON.stringify(value));
    assert.throws(() => lines.append('X', value), TypeError);
  }
  assert.equal(lines.size, 0, 'a refused set has removed nothing and added nothing');
});

test('a value that is refused leaves the line as it was', () => {
  const lines = parsed('X: 1\r\n\r\n');
  assert.throws(() => lines.set('X', 'a\nb'), TypeError);
  assert.equal(lines.get('X'), '1');
});

test('characters beyond latin1 are never taken for the octet they end in', () => {
  const lines = parsed('host: a\r\n\r\n');
  // U+0168 has the low octet of "h".
  assert.equal(lines.get('\u0168ost'), undefined);
  assert.equal(lines.remove('\u0168ost'), false);
  assert.equal(lines.get('host'), 'a');
});

test('a section that is used again has forgotten everything', () => {
  const lines = new FieldLines(2);
  for (const text of ['A: 1\r\nB: 2\r\nC: 3\r\n\r\n', 'D: 4\r\n\r\n']) {
    const octets = Buffer.from(text);
    lines.reset();
    lines.parse(octets, 0, 0, octets.length, 1000, 100);
    lines.text = text;
    lines.append('E', '5');
    lines.remove('A');
  }
  assert.equal(lines.serialise(SKIP_NONE), 'D: 4\r\nE: 5\r\n');
  assert.equal(lines.size, 2);
});
