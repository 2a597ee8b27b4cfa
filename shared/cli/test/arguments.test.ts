import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseArguments } from '../arguments.ts';
import { CliError } from '../cli-error.ts';
import type { Command } from '../command.ts';

const command: Command = {
  name: 'try',
  summary: 'try it',
  usage: 'FILE',
  examples: [],
  settings: 'gateway',
  flags: [
    { name: 'output', short: 'o', value: 'FORMAT', oneOf: ['text', 'json'], description: '' },
    { name: 'quiet', value: true, description: '' },
  ],
  positionals: [0, 1],
  exitCodes: [0],
  run: async () => 0,
};

function refusal(...argv: string[]): string {
  try {
    parseArguments(command, argv);
  } catch (error) {
    assert.ok(error instanceof CliError);
    assert.equal(error.exitCode, 64);
    return [error.message, ...error.help].join('\n');
  }
  throw new Error(`accepted: ${argv.join(' ')}`);
}

test('flags of the command, settings and positionals', () => {
  const parsed = parseArguments(command, ['-o', 'json', '--workers=2', '--config', 'a.yml', '--quiet', 'x']);
  assert.equal(parsed.flags.get('output'), 'json');
  assert.equal(parsed.flags.get('quiet'), 'true');
  assert.deepEqual(
    [...parsed.settings],
    [
      ['workers', '2'],
      ['declarative_config', 'a.yml'],
    ],
  );
  assert.deepEqual(parsed.positionals, ['x']);
});

test('a switch of the settings can be turned off', () => {
  assert.equal(parseArguments(command, ['--allow-debug-header']).settings.get('allow_debug_header'), 'true');
  assert.equal(
    parseArguments(command, ['--allow-debug-header=off']).settings.get('allow_debug_header'),
    'off',
  );
});

test('what is unknown, doubled, incomplete or too much is refused', () => {
  assert.match(refusal('--worker', '2'), /unknown flag --worker.*\ndid you mean --workers\?/);
  assert.match(refusal('-x'), /unknown flag -x/);
  assert.match(refusal('--workers'), /--workers needs a value/);
  assert.match(refusal('--config', '--workers', '2'), /--config needs a value/);
  assert.match(refusal('--workers', '1', '--workers', '2'), /given twice/);
  assert.match(refusal('--quiet=yes'), /takes no value/);
  assert.match(refusal('-o', 'xml'), /-o must be one of text, json, not 'xml'/);
  assert.match(refusal('a', 'b'), /unexpected argument 'b'/);
});

test('names of object members are no flags', () => {
  assert.match(refusal('--constructor'), /unknown flag --constructor/);
  assert.match(refusal('--__proto__', 'x'), /unknown flag --__proto__/);
});
