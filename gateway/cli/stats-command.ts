/** `cardinal stats`: rates, errors and latencies of the last minutes. */
import type { Command } from '../../shared/cli/command.ts';
import { ADMIN_FLAGS, OUTPUT_FLAG } from './admin-flags.ts';

export const command: Command = {
  name: 'stats',
  summary: 'rates, errors and latencies of the last minutes',
  usage: '[flags]',
  examples: [
    ['cardinal stats', 'by route, over the last quarter of an hour'],
    ['cardinal stats --by service --window 1m --sort p99', 'the slowest services of the last minute'],
    ['cardinal stats --by plugin', 'what plugins have refused, and what they cost'],
    ['cardinal stats --by node', 'gateways and microgateways'],
  ],
  flags: [
    {
      name: 'by',
      value: 'WHAT',
      oneOf: ['route', 'service', 'consumer', 'plugin', 'target', 'node'],
      description: 'route (default), service, consumer, plugin, target or node.',
    },
    { name: 'window', value: 'TIME', description: '10s to 15m (default 15m).' },
    {
      name: 'sort',
      value: 'ORDER',
      oneOf: ['requests', 'errors', 'p99', 'gateway_p99', 'name'],
      description: 'requests (default), errors, p99, gateway_p99 or name.',
    },
    { name: 'limit', value: 'N', description: 'Most rows (default 20).' },
    OUTPUT_FLAG,
    ...ADMIN_FLAGS,
  ],
  positionals: [0, 0],
  exitCodes: [0, 1, 64, 69],
  async run(call) {
    const { stats } = await import('./stats.ts');
    return stats(call);
  },
};
