/**
 * `npm start`: the demo from its first line to its last. Exit codes: 0 it was stopped (or `--once` went
 * well), 1 something ended or failed, 64 wrong usage, 130 and 143 a second signal cut it short.
 */
import { EXIT } from '../../shared/cli/exit-codes.ts';
import { banner } from './banner.ts';
import { Demo } from './demo.ts';
import { shownLine } from './log-line.ts';
import { type DemoOptions, parseOptions, USAGE } from './options.ts';
import { choosePorts } from './ports.ts';
import { Traffic } from './traffic.ts';
import { perform, TRIES } from './tries.ts';

const SAME_SIGNAL_MS = 200;
const PARENT_MS = 1_000;

/** Why the demo ends. */
interface End {
  readonly code: number;
  readonly says: string | undefined;
}

async function main(argv: readonly string[]): Promise<number> {
  const startedAt = performance.now();
  let options: DemoOptions;
  try {
    options = parseOptions(argv);
  } catch (error) {
    process.stderr.write(`error: ${(error as Error).message}\n\n${USAGE}`);
    return EXIT.usage;
  }
  if (options.help) {
    process.stdout.write(USAGE);
    return EXIT.ok;
  }
  const { promise: ended, resolve: end } = Promise.withResolvers<End>();
  const { ports, notes } = await choosePorts(options.portBase);
  const demo = new Demo(ports, {
    onLine(name, line) {
      const shown = shownLine(name, line);
      if (shown !== undefined) process.stderr.write(shown + '\n');
      return shown !== undefined;
    },
    onDeath(child, how) {
      const last = child.unseen.map((line) => `  | ${line}\n`).join('');
      end({ code: EXIT.failed, says: `error: ${child.name} has ended: ${how}\n${last}` });
    },
  });
  onSignals(demo, (signal) => end({ code: EXIT.ok, says: signal === 'SIGINT' ? '\n' : undefined }));

  let traffic: Traffic | undefined;
  const run = async (): Promise<End> => {
    await demo.start();
    process.stdout.write(banner(demo, options, notes, Math.round(performance.now() - startedAt)));
    if (options.once) return { code: (await tryAll(ports.proxy)) ? EXIT.ok : EXIT.failed, says: undefined };
    if (options.trafficRps > 0) traffic = new Traffic(ports.proxy, options.trafficRps);
    return ended;
  };
  const { code, says } = await Promise.race([
    ended,
    run().catch((error: Error): End => ({ code: EXIT.failed, says: `error: ${error.message}\n` })),
  ]);
  if (says !== undefined) process.stderr.write(says);
  await traffic?.stop();
  await demo.stop();
  process.stdout.write('  Everything has been stopped.\n');
  return code;
}

/** The first signal stops in order, a second one at once. */
function onSignals(demo: Demo, stop: (signal: NodeJS.Signals) => void): void {
  let firstAt: number | undefined;
  const take = (signal: NodeJS.Signals): void => {
    const now = performance.now();
    if (firstAt === undefined) {
      firstAt = now;
      stop(signal);
    } else if (now - firstAt > SAME_SIGNAL_MS) {
      // Within that time it is the same Ctrl+C, which npm passes on once more.
      void demo.kill().then(() => process.exit(signal === 'SIGINT' ? EXIT.interrupted : EXIT.terminated));
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, take);
  if (process.env['npm_lifecycle_event'] === undefined) return;
  // npm that was killed tells nobody; this process then gets another parent.
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent && firstAt === undefined) take('SIGTERM');
  }, PARENT_MS).unref();
}

/** Makes the three requests of the banner. True when all went as it says. */
async function tryAll(port: number): Promise<boolean> {
  let good = true;
  for (const one of TRIES) {
    const problem = await perform(one, port);
    good &&= problem === undefined;
    process.stdout.write(
      `  ${problem === undefined ? 'ok  ' : 'FAIL'}  ${one.says}${problem === undefined ? '' : `: ${problem}`}\n`,
    );
  }
  return good;
}

process.exitCode = await main(process.argv.slice(2));
