import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readDeclarative } from '../declarative/read.ts';
import { plugins } from '../declarative/test/fixture-plugins.ts';
import { findingsJson, renderFindings } from '../render-findings.ts';

async function findings(text: string) {
  const result = await readDeclarative(text, { file: 'kong.yml', format: 'yaml', plugins, now: 0 });
  return result.ok ? result.warnings : result.findings;
}

const TEXT = `_format_version: "3.0"
services:
  - name: orders
    url: http://orders:3000
    routes:
      - name: orders
        strip_paths: true
        paths: ["orders"]
`;

describe('findings as text', () => {
  it('show the place, the line, the reason and the way out', async () => {
    assert.equal(
      renderFindings(await findings(TEXT), { text: TEXT }),
      `error[CD1101]: unknown field \`strip_paths\` in route \`orders\`

  ┌─ kong.yml:7:9
  │
5 │     routes:
6 │       - name: orders
7 │         strip_paths: true
  │         ^^^^^^^^^^^ not a field of a route
  │
  = help: did you mean \`strip_path\`?
  = note: services[0].routes[0].strip_paths

error[CD1107]: \`paths[0]\` of route \`orders\`: should start with: / (fixed path) or ~/ (regex path)

  ┌─ kong.yml:8:17
  │
6 │       - name: orders
7 │         strip_paths: true
8 │         paths: ["orders"]
  │                 ^^^^^^^^ should start with: / (fixed path) or ~/ (regex path)
  │
  = help: use \`/orders\`
  = note: services[0].routes[0].paths[0]

2 errors in kong.yml
`,
    );
  });

  it('show both places of what stands twice', async () => {
    const text = '_format_version: "3.0"\nservices:\n  - {name: a, host: a}\n  - {name: a, host: b}\n';
    const shown = renderFindings(await findings(text), { text });
    assert.match(shown, /┌─ kong\.yml:4:12\n/);
    assert.match(shown, /= note: first here: services\[0\] \(kong\.yml:3:12\)/);
  });

  it('show the alias through which a value came', async () => {
    const text = '_format_version: "3.0"\n_ignore: [&a {host: a, port: -1}]\nservices:\n  - *a\n';
    assert.match(
      renderFindings(await findings(text), { text }),
      /┌─ kong\.yml:2:30\n[\s\S]*= note: used through this alias \(kong\.yml:4:5\)/,
    );
  });

  it('are coloured only when asked', async () => {
    const found = await findings(TEXT);
    const coloured = renderFindings(found, { text: TEXT, colour: true });
    assert.match(coloured, /^\u001b\[1;31merror\[CD1101\]\u001b\[0m/);
    const stripped = coloured.replace(/\u001b\[[0-9;]*m/g, '');
    assert.equal(stripped, renderFindings(found, { text: TEXT }));
  });

  it('never pass control characters on', async () => {
    const text = '_format_version: "3.0"\nservices:\n  - host: "\\e[31m\\u202e"\n    name: "a\u009b b"\n';
    const shown = renderFindings(await findings(text), { text });
    assert.doesNotMatch(shown, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  });

  it('cut long lines around what is marked', async () => {
    const text = `_format_version: "3.0"\nservices: [{host: a, tags: [${'"tag", '.repeat(100)}], prt: 1}]\n`;
    const shown = renderFindings(await findings(text), { text, width: 80 });
    for (const line of shown.split('\n')) assert.ok(line.length <= 140, line);
    const excerpt = shown.split('\n').find((line) => line.startsWith('2 │')) ?? '';
    const carets = shown.split('\n').find((line) => line.includes('^^^')) ?? '';
    assert.equal(excerpt.slice(carets.indexOf('^'), carets.indexOf('^') + 3), 'prt');
  });

  it('stop at a number, with a count of the rest', async () => {
    const text = `_format_version: "3.0"\nconsumers:\n${'  - {username: 1}\n'.repeat(60)}`;
    const shown = renderFindings(await findings(text), { text });
    assert.equal(shown.match(/^error/gm)?.length, 50);
    assert.match(shown, /\n10 more findings are not shown\n\n60 errors in kong\.yml\n$/);
  });

  it('are warnings where nothing is wrong', async () => {
    const text =
      '_format_version: "3.0"\nservices:\n  - {host: a, protocol: https, routes: [{paths: ["/a/(\\\\d+)"]}]}\n';
    const found = await findings(text);
    assert.deepEqual(
      found.map(({ code, severity, suggestion }) => [code, severity, suggestion]),
      [
        ['CD1502', 'warning', undefined],
        ['CD1501', 'warning', '~/a/(\\d+)'],
      ],
    );
    assert.match(renderFindings(found, { text }), /^warning\[CD1502\][\s\S]*2 warnings in kong\.yml\n$/);
  });

  it('warn of plugins that never run', async () => {
    const text = `_format_version: "3.0"
services:
  - host: a
    protocol: tcp
    routes: [{protocols: [tcp], sources: [{port: 1}]}]
    plugins: [{name: cors}, {name: tcp-log, protocols: [tcp], config: {host: a, port: 1}}]
`;
    assert.deepEqual(
      (await findings(text)).map(({ code, path }) => [code, path]),
      [['CD1504', 'services[0].plugins[0].protocols']],
    );
  });
});

describe('findings as JSON', () => {
  it('are counted and plain', async () => {
    const json = JSON.parse(JSON.stringify(findingsJson(await findings(TEXT))));
    assert.deepEqual([json.errors, json.warnings], [2, 0]);
    assert.deepEqual(json.findings[0], {
      code: 'CD1101',
      severity: 'error',
      message: 'unknown field `strip_paths` in route `orders`',
      file: 'kong.yml',
      line: 7,
      column: 9,
      endLine: 7,
      endColumn: 20,
      path: 'services[0].routes[0].strip_paths',
      label: 'not a field of a route',
      help: 'did you mean `strip_path`?',
      suggestion: 'strip_path',
    });
  });
});
