/**
 * The commands of `cardinal`: which there are, and what each of them loads. Only the one that is called is
 * loaded, so that `--help` is quick and the microgateway carries nothing of the gateway.
 */
import { CliError } from '../shared/cli/cli-error.ts';
import type { Io } from '../shared/cli/command.ts';
import { EXIT } from '../shared/cli/exit-codes.ts';
import { type LoadCommand, reportError, runCommand } from '../shared/cli/run-command.ts';
import { styleOf } from '../shared/cli/terminal.ts';

interface Entry {
  readonly group: string;
  readonly name: string;
  readonly summary: string;
  readonly load: LoadCommand;
}

const COMMANDS: readonly Entry[] = [
  {
    group: 'Serve',
    name: 'gateway',
    summary: 'run the edge gateway in the foreground',
    load: () => import('../gateway/command.ts'),
  },
  {
    group: 'Serve',
    name: 'microgateway',
    summary: 'run a microgateway beside one service',
    load: () => import('../microgateway/command.ts'),
  },
  {
    group: 'Configuration',
    name: 'validate',
    summary: 'is this configuration file valid',
    load: () => import('../shared/cli/commands/validate.ts'),
  },
  {
    group: 'Configuration',
    name: 'diff',
    summary: 'show what cardinal apply would change',
    load: () => import('../gateway/cli/diff-command.ts'),
  },
  {
    group: 'Configuration',
    name: 'apply',
    summary: 'make a running gateway have what a file says',
    load: () => import('../gateway/cli/apply-command.ts'),
  },
  {
    group: 'Configuration',
    name: 'dump',
    summary: 'write what a running gateway has as a file',
    load: () => import('../gateway/cli/dump-command.ts'),
  },
  {
    group: 'Access',
    name: 'token',
    summary: 'make, list and revoke tokens of the Admin API and of data planes',
    load: () => import('../gateway/cli/token-command.ts'),
  },
  {
    group: 'Traffic',
    name: 'explain',
    summary: 'which route a request takes, why, and what its plugins make of it',
    load: () => import('../gateway/cli/explain-command.ts'),
  },
  {
    group: 'Traffic',
    name: 'tap',
    summary: 'watch live requests',
    load: () => import('../gateway/cli/tap-command.ts'),
  },
  {
    group: 'Traffic',
    name: 'stats',
    summary: 'rates, errors and latencies of the last minutes',
    load: () => import('../gateway/cli/stats-command.ts'),
  },
  {
    group: 'Traffic',
    name: 'requests',
    summary: 'sampled, slow and refused requests, step by step',
    load: () => import('../gateway/cli/requests-command.ts'),
  },
  {
    group: 'Compare',
    name: 'lab',
    summary: 'measure the deployment patterns against each other',
    load: () => import('../lab/command.ts'),
  },
  {
    group: 'About',
    name: 'health',
    summary: 'is the gateway or microgateway on this machine ready',
    load: () => import('../shared/cli/commands/health.ts'),
  },
  {
    group: 'About',
    name: 'version',
    summary: 'print the version',
    load: () => import('../shared/cli/commands/version.ts'),
  },
  {
    group: 'About',
    name: 'help',
    summary: 'show this list, or the help of a command: cardinal help COMMAND',
    load: async () => {
      throw new Error('help is answered before a command is loaded');
    },
  },
];

/** Resolves with the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const io = processIo();
  const [first, ...rest] = argv;
  if (first === undefined || first === '--help' || first === '-h') return showOverview(io);
  if (first === '--version' || first === '-V') return main(['version', ...rest]);
  if (first === 'help') {
    const topic = rest.find((argument) => !argument.startsWith('-'));
    return topic === undefined || topic === 'help' ? showOverview(io) : main([topic, '--help']);
  }
  const entry = COMMANDS.find((command) => command.name === first);
  if (entry === undefined) {
    const { nearest } = await import('../shared/config/schema/similar.ts');
    const near = nearest(
      first,
      COMMANDS.map((command) => command.name),
    );
    const kind = first.startsWith('-') ? 'flag' : 'command';
    const error = new CliError(`unknown ${kind} ${first}`, {
      exitCode: EXIT.usage,
      help: [
        ...(near === undefined ? [] : [`did you mean cardinal ${near}?`]),
        'all commands: cardinal help',
      ],
    });
    return reportError(error, io, false);
  }
  return runCommand(entry.load, rest, io);
}

async function showOverview(io: Io): Promise<number> {
  const { overview } = await import('../shared/cli/help.ts');
  const titles = [...new Set(COMMANDS.map((command) => command.group))];
  io.write(
    overview(
      titles.map((title) => ({ title, commands: COMMANDS.filter((command) => command.group === title) })),
      io.out,
    ),
  );
  return EXIT.ok;
}

function processIo(): Io {
  return {
    env: process.env,
    cwd: process.cwd(),
    out: styleOf(process.stdout, process.env),
    err: styleOf(process.stderr, process.env),
    write: (text) => void process.stdout.write(text),
    writeError: (text) => void process.stderr.write(text),
  };
}
