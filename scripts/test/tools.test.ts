/** What is missing is installed where that is possible, and said where it is not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bringTools, type Machine, type Tool } from '../tools.ts';

const TOOLS: readonly Tool[] = [
  { command: 'here', debianPackage: 'here-tools', without: 'nothing' },
  { command: 'redis-server', debianPackage: 'redis', without: 'shared counters are not tested' },
];

function machine(programs: readonly string[], root: boolean, failing?: string) {
  const installed = new Set(programs);
  const said: string[] = [];
  const ran: string[] = [];
  const made: Machine = {
    has: (command) => installed.has(command),
    isRoot: () => root,
    run(command, args) {
      ran.push([command, ...args].join(' '));
      if (failing !== undefined && args[0] === failing) return 'no network';
      if (args[0] === 'install' && args.includes('redis')) installed.add('redis-server');
      return undefined;
    },
    say: (line) => void said.push(line),
  };
  return { made, said, ran };
}

test('nothing is missing: nothing is run or said', () => {
  const { made, said, ran } = machine(['here', 'redis-server', 'apt-get'], true);
  bringTools(TOOLS, made);
  assert.deepEqual([said, ran], [[], []]);
});

test('as root on Debian only what is missing is installed', () => {
  const { made, said, ran } = machine(['here', 'apt-get'], true);
  bringTools(TOOLS, made);
  assert.deepEqual(ran, ['apt-get update -q', 'apt-get install -q -y --no-install-recommends redis']);
  assert.deepEqual(said, ['installing redis for the tests']);
});

test('elsewhere it says what is not tested', () => {
  for (const [programs, root, why] of [
    [['here', 'apt-get'], false, 'that needs root: apt-get install redis'],
    [['here'], true, 'there is no apt-get here'],
  ] as const) {
    const { made, said, ran } = machine(programs, root);
    bringTools(TOOLS, made);
    assert.deepEqual(ran, []);
    assert.deepEqual(said, [
      `cannot install redis: ${why}`,
      'without redis-server, shared counters are not tested',
    ]);
  }
});

test('an installation that fails is said and stops nothing', () => {
  const { made, said } = machine(['here', 'apt-get'], true, 'update');
  bringTools(TOOLS, made);
  assert.deepEqual(said.slice(1), [
    'cannot install redis: no network',
    'without redis-server, shared counters are not tested',
  ]);
});
