/** What the documents tell people to write and to type is accepted. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { curlLine, TRIES } from '../../examples/demo/tries.ts';
import { command as apply } from '../../gateway/cli/apply-command.ts';
import { command as diff } from '../../gateway/cli/diff-command.ts';
import { command as dump } from '../../gateway/cli/dump-command.ts';
import { command as token } from '../../gateway/cli/token-command.ts';
import { command as gateway } from '../../gateway/command.ts';
import { command as lab } from '../../lab/command.ts';
import { command as microgateway } from '../../microgateway/command.ts';
import { parseArguments } from '../../shared/cli/arguments.ts';
import type { Command } from '../../shared/cli/command.ts';
import { command as validate } from '../../shared/cli/commands/validate.ts';
import { resolveSettings } from '../../shared/config/settings/resolve.ts';
import { createReader } from '../../shared/config/source/declarative-reader.ts';
import { openCatalog } from '../../shared/plugins/catalog.ts';
import { blocks, documents, ROOT, textOf } from './documents.ts';

const folder = mkdtempSync(join(tmpdir(), 'docs-examples-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const COMMANDS: Readonly<Record<string, Command>> = {
  apply,
  diff,
  dump,
  gateway,
  lab,
  microgateway,
  token,
  validate,
};

test('configurations are valid', async () => {
  const reader = createReader((await openCatalog(['bundled'], [], true)).schemas);
  let checked = 0;
  for (const document of documents()) {
    for (const text of blocks(textOf(document), 'yaml')) {
      // Pages of plugins show the part that matters.
      const whole = text.includes('_format_version') ? text : `_format_version: "3.0"\n${text}`;
      const path = join(folder, 'kong.yml');
      writeFileSync(path, whole);
      const outcome = await reader.readFile(path);
      const findings = outcome.ok ? outcome.warnings : outcome.findings;
      assert.deepEqual(
        findings.map((finding) => `${document}: ${finding.message}`),
        [],
      );
      checked++;
    }
  }
  assert.ok(checked >= 8);
});

test('commands exist, and so do their flags and values', () => {
  let checked = 0;
  for (const document of documents()) {
    const text = textOf(document);
    for (const [, name, rest] of text.matchAll(
      /\bcardinal (apply|diff|dump|gateway|microgateway|token|validate)((?: [^\s`|#)]+)*)/g,
    )) {
      const command = COMMANDS[name!]!;
      const argv = rest!.split(' ').filter((argument) => argument !== '');
      if (!argv.some((argument) => argument.startsWith('--')) || argv.includes('--help')) continue;
      const parsed = parseArguments(command, argv);
      if (command.settings !== undefined) resolveSettings(command.settings, parsed.settings, {});
      checked++;
    }
  }
  assert.ok(checked >= 3);
});

test('scripts that are named exist', () => {
  const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
  const named = new Set<string>();
  for (const document of documents()) {
    for (const [, script] of textOf(document).matchAll(/\bnpm run (?:-s )?([a-z][\w:-]*)/g))
      named.add(script!);
  }
  assert.deepEqual(
    [...named].filter((script) => scripts[script] === undefined),
    [],
  );
});

test('the first page has the two lines; continuous integration runs the second', () => {
  const lines = blocks(textOf('README.md'), 'sh').map((block) => block.trim());
  assert.deepEqual(lines.slice(0, 2), ['npm ci && npm start', 'npm ci && npm test']);
  assert.equal(textOf('.ci/run').trim().split('\n').at(-1), lines[1]);
});

test('the first page shows the lines of the demo', () => {
  const text = textOf('README.md');
  for (const one of TRIES) assert.ok(text.includes(`\n${curlLine(one, 8000)}\n`), curlLine(one, 8000));
});

test('every path in code style that looks like one of ours is there', async () => {
  const { existsSync } = await import('node:fs');
  const missing: string[] = [];
  for (const document of [
    'README.md',
    'CONTRIBUTING.md',
    ...documents().filter((path) => /^docs\//.test(path)),
  ]) {
    for (const [, path] of textOf(document).matchAll(
      /`((?:shared|gateway|bin|test|scripts|examples|bench|docs)\/[\w./-]*)`/g,
    )) {
      if (!existsSync(join(ROOT, path!))) missing.push(`${document}: ${path}`);
    }
  }
  assert.deepEqual(missing, []);
});
