/**
 * Programs that tests use and npm does not bring. On Debian and as root, those that are missing are
 * installed; everywhere else it is said what is not tested without them. Never stops the tests.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface Tool {
  readonly command: string;
  readonly debianPackage: string;
  /** What is not tested without it. */
  readonly without: string;
}

export const TOOLS: readonly Tool[] = [
  {
    command: 'curl',
    debianPackage: 'curl',
    without: 'the lines that the demo tells people to paste are not run',
  },
  {
    // The package may start a server of its own on port 6379; tests start theirs and leave that one alone.
    command: 'redis-server',
    debianPackage: 'redis-server',
    without: 'what is kept in Redis is not tested',
  },
  {
    command: 'chromium',
    debianPackage: 'chromium',
    without: 'the admin UI is not tested in a browser',
  },
  {
    command: 'haproxy',
    debianPackage: 'haproxy',
    without: 'what docker-compose.yml runs is not run',
  },
];

const UPDATE_MS = 120_000;
const INSTALL_MS = 300_000;

/** What the functions below ask of the machine; tests put something else there. */
export interface Machine {
  has(command: string): boolean;
  isRoot(): boolean;
  /** Runs a program to its end. What it wrote when it failed, else undefined. */
  run(command: string, args: readonly string[], timeoutMs: number): string | undefined;
  say(line: string): void;
}

export function bringTools(tools: readonly Tool[] = TOOLS, machine: Machine = thisMachine): void {
  const missing = tools.filter((tool) => !machine.has(tool.command));
  if (missing.length === 0) return;
  const packages = missing.map((tool) => tool.debianPackage);
  const problem = install(packages, machine);
  const still = missing.filter((tool) => !machine.has(tool.command));
  if (problem !== undefined) machine.say(`cannot install ${packages.join(', ')}: ${problem}`);
  for (const tool of still) machine.say(`without ${tool.command}, ${tool.without}`);
}

function install(packages: readonly string[], machine: Machine): string | undefined {
  if (!machine.has('apt-get')) return 'there is no apt-get here';
  if (!machine.isRoot()) return `that needs root: apt-get install ${packages.join(' ')}`;
  machine.say(`installing ${packages.join(', ')} for the tests`);
  return (
    machine.run('apt-get', ['update', '-q'], UPDATE_MS) ??
    machine.run('apt-get', ['install', '-q', '-y', '--no-install-recommends', ...packages], INSTALL_MS)
  );
}

const thisMachine: Machine = {
  has(command) {
    return (process.env['PATH'] ?? '').split(delimiter).some((folder) => isProgram(join(folder, command)));
  },
  isRoot: () => process.getuid?.() === 0,
  run(command, args, timeoutMs) {
    const { status, error, stderr } = spawnSync(command, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
      timeout: timeoutMs,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    if (status === 0) return undefined;
    return error?.message ?? stderr.trim().split('\n').at(-1) ?? `exit code ${status}`;
  },
  say: (line) => void process.stdout.write(`${line}\n`),
};

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
