/** `cardinal lab`: what it takes. The work is loaded when it is called. */
import type { Call, Command } from '../shared/cli/command.ts';

export const command: Command = {
  name: 'lab',
  summary: 'measure the deployment patterns against each other on this machine',
  usage: 'run | report [RESULT] | diff RESULT RESULT | predict GRAPH [RESULT]',
  examples: [
    ['cardinal lab run --quick', 'all patterns, about five minutes; writes lab-results/'],
    ['cardinal lab run --config kong.yml --header "apikey: secret"', 'with your own plugins and consumers'],
    ['cardinal lab run --resume lab-results/2026-11-24-180000', 'go on with a run that was cut off'],
    ['cardinal lab report --markdown', 'the tables of the last run'],
    ['cardinal lab diff a/lab.json b/lab.json', 'what is different between two runs'],
    ['cardinal lab predict graph.json', 'what each pattern would cost a call graph of your own'],
  ],
  flags: [
    { name: 'quick', value: true, description: 'A small plan: ends within five minutes on two cores.' },
    {
      name: 'topologies',
      value: 'ID,...',
      description: 'Only these: T0, T1, T2, T3o, T3i, T3b, T4, T6, T7 (default all). T0 is always in.',
    },
    { name: 'depths', value: 'N,...', description: 'Calls in a row, 1 to 7 (default 1,3 quick; 1,3,5,7).' },
    {
      name: 'policies',
      value: 'SET,...',
      description: 'none, key-auth, standard, heavy, middleware-100ms (default: the plan decides).',
    },
    {
      name: 'config',
      value: 'FILE',
      description: 'Your own plugins and consumers (declarative file) instead of a built-in set.',
    },
    { name: 'plugin-paths', value: 'PATH,...', description: 'Modules of your own plugins.' },
    {
      name: 'header',
      value: 'NAME: VALUE',
      description: 'What requests must bring to pass your plugins; several are separated by a line break.',
    },
    { name: 'rounds', value: 'N', description: 'Rounds of each measurement (default 5 quick, 10).' },
    { name: 'rtt', value: 'MS,...', description: 'Round-trip times between hosts (default 0.25,1,5).' },
    { name: 'seed', value: 'N', description: 'Draws arrivals and orders (default 1).' },
    { name: 'port-base', value: 'PORT', description: 'Take ports from here on, and no others.' },
    { name: 'out', value: 'DIR', description: 'Where results go (default lab-results/<time>).' },
    { name: 'resume', value: 'DIR', description: 'Go on with the run in this folder.' },
    { name: 'markdown', value: true, description: 'report: tables in Markdown to standard output.' },
    { name: 'output', short: 'o', value: 'FORMAT', oneOf: ['text', 'json'], description: 'diff, predict.' },
  ],
  positionals: [1, 3],
  exitCodes: [0, 1, 2, 64, 65, 69, 78, 130],
  run,
};

async function run(call: Call): Promise<number> {
  const { runLab } = await import('./lab.ts');
  return runLab(call);
}
