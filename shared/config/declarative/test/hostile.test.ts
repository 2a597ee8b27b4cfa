import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { declarativeFromObject, readDeclarative } from '../read.ts';
import { readConfigBytes, readConfigFile } from '../read-file.ts';
import { plugins } from './fixture-plugins.ts';

async function codes(text: string, format: 'yaml' | 'json' = 'yaml'): Promise<string[]> {
  const result = await readDeclarative(text, { format, plugins, now: 0 });
  assert.ok(!result.ok, 'was accepted');
  return result.findings.map(({ code }) => code);
}

describe('hostile documents', () => {
  for (const opening of ['[', '{', '- ', '? ', '{a: ', '[{']) {
    it(`that open ${JSON.stringify(opening)} a hundred thousand times are refused`, async () => {
      assert.deepEqual(await codes(opening.repeat(100_000)), ['CD1009']);
    });
  }

  it('that indent ever deeper are refused', async () => {
    const text = Array.from({ length: 1500 }, (_, i) => `${' '.repeat(i)}a:\n`).join('');
    assert.deepEqual(await codes(text), ['CD1009']);
  });

  it('of nested JSON are refused', async () => {
    assert.deepEqual(await codes('['.repeat(1_000_000), 'json'), ['CD1009']);
    assert.deepEqual(await codes('{"a":'.repeat(1_000_000), 'json'), ['CD1009']);
  });

  it('of nested parsed objects are refused', () => {
    let value: unknown = [];
    for (let i = 0; i < 100_000; i++) value = [value];
    const result = declarativeFromObject({ _format_version: '3.0', _ignore: value }, { plugins, now: 0 });
    assert.ok(!result.ok);
    assert.equal(result.findings[0]?.code, 'CD1009');
  });

  it('whose aliases stand for billions of values are refused', async () => {
    let text = 'a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n';
    for (let i = 1; i < 20; i++) text += `a${i}: &a${i} [${`*a${i - 1}, `.repeat(10)}]\n`;
    assert.deepEqual(await codes(text), ['CD1008']);
  });

  it('with aliases in circles are refused', async () => {
    assert.deepEqual(await codes('a: &a\n  b: *a\n'), ['CD1008']);
    assert.deepEqual(await codes('a: &a\n  <<: *a\n'), ['CD1008']);
  });

  it('cannot reach a prototype through their keys', async () => {
    const keys = ['__proto__', 'constructor', 'prototype'];
    for (const key of keys) {
      const text = `{"_format_version": "3.0", "${key}": {"polluted": 1}, "services": [{"host": "a", "${key}": {"polluted": 1}}],
        "routes": [{"paths": ["/a"], "headers": {"${key}": ["x"]}}]}`;
      for (const format of ['yaml', 'json'] as const) {
        const result = await readDeclarative(text, { format, plugins, now: 0 });
        assert.ok(!result.ok);
        assert.deepEqual(result.findings.map(({ code }) => code).sort(), ['CD1101', 'CD1101', 'CD1107']);
        assert.ok(Object.keys(result.fields).includes(key));
      }
      const result = declarativeFromObject(JSON.parse(text), { plugins, now: 0 });
      assert.ok(!result.ok);
      assert.equal(result.findings.length, 3);
    }
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  });

  it('may hold those words as values and as keys of what is ignored', async () => {
    const text =
      '_format_version: "3.0"\n_ignore: [{__proto__: {a: 1}}]\nconsumers: [{username: __proto__}]\n';
    const result = await readDeclarative(text, { format: 'yaml', plugins, now: 0 });
    assert.ok(result.ok, result.ok ? '' : JSON.stringify(result.findings));
  });

  it('of too many characters are refused unread', async () => {
    const result = await readDeclarative('x'.repeat(101), {
      format: 'yaml',
      plugins,
      now: 0,
      maxLength: 100,
    });
    assert.ok(!result.ok);
    assert.equal(result.findings[0]?.code, 'CD1003');
  });

  it('with a hundred thousand mistakes are reported up to a bound', async () => {
    const text = JSON.stringify({
      _format_version: '3.0',
      services: Array.from({ length: 100_000 }, () => ({ a: 1 })),
    });
    const result = await readDeclarative(text, { format: 'json', plugins, now: 0 });
    assert.ok(!result.ok);
    assert.ok(result.findings.length <= 10_001);
    assert.ok(result.findings.some(({ code }) => code === 'CD1113'));
  });

  it('of a hundred thousand keys in one mapping are read', async () => {
    let text = '_format_version: "3.0"\n_ignore:\n- ';
    text += Array.from({ length: 50_000 }, (_, i) => `k${i}: 1`).join('\n  ');
    const result = await readDeclarative(text, { format: 'yaml', plugins, now: 0 });
    assert.ok(result.ok, result.ok ? '' : JSON.stringify(result.findings));
  });

  it('that are not UTF-8 are refused with the place', async () => {
    const bytes = Buffer.concat([Buffer.from('_format_version: "3.0"\n# '), Buffer.from([0xff, 0xfe])]);
    const result = await readConfigBytes(bytes, { file: 'kong.yml', format: 'yaml', plugins, now: 0 });
    assert.ok(!result.ok);
    const [found] = result.findings;
    assert.deepEqual([found?.code, found?.line, found?.column], ['CD1004', 2, 3]);
  });

  it('of random characters never throw', async () => {
    let state = 7;
    const alphabet = ' \n\t:-?[]{}&*!|>\'"%@`#,abc123<~\\\u0000\ud800\ufeff';
    for (let round = 0; round < 300; round++) {
      let text = round % 2 === 0 ? '_format_version: "3.0"\n' : '';
      for (let i = 0; i < 60; i++) {
        state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
        text += alphabet[(state >>> 8) % alphabet.length];
      }
      for (const format of ['yaml', 'json'] as const) {
        const result = await readDeclarative(text, { format, plugins, now: 0 });
        if (!result.ok) assert.ok(result.findings.length > 0);
      }
    }
  });
});

describe('files that cannot be read', () => {
  it('are findings', async () => {
    const read = async (path: string) => {
      const result = await readConfigFile(path, { plugins, now: 0 });
      assert.ok(!result.ok);
      return result.findings[0];
    };
    const missing = await read('/nonexistent/kong.yml');
    assert.equal(missing?.code, 'CD1001');
    assert.match(missing?.message ?? '', /no such file/);
    assert.equal(missing?.file, '/nonexistent/kong.yml');
    const unknown = await read('/nonexistent/kong.toml');
    assert.equal(unknown?.code, 'CD1002');
    assert.match(unknown?.message ?? '', /unknown file type: .* \(Accepted types: json, yaml\)/);
  });
});
