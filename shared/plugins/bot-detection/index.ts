/**
 * bot-detection: refuses programs by what they call themselves. It keeps out those who do not hide; it is no
 * protection against those who do.
 */
import { linearPattern } from '../../config/schema/patterns.ts';
import { definePlugin } from '../contract.ts';
import { PROGRAMS, SELF_NAMED } from './known-bots.ts';
import schema from './schema.ts';

const MAX_REMEMBERED = 2_000;

export default definePlugin({
  name: 'bot-detection',
  version: '3.10.0',
  priority: 2500,
  schema,
  create(config) {
    const allow = (config.allow ?? []).map((source) => linearPattern(source, 'anywhere'));
    const deny = (config.deny ?? []).map((source) => linearPattern(source, 'anywhere'));
    const selfNamed = linearPattern(SELF_NAMED, 'anywhere');
    // Clients say the same thing again and again. Emptied when full: clients choose what is in here.
    const verdicts = new Map<string, boolean>();

    function isRefused(agent: string): boolean {
      if (allow.some((pattern) => pattern.test(agent))) return false;
      if (deny.some((pattern) => pattern.test(agent))) return true;
      const lower = agent.toLowerCase();
      return PROGRAMS.some((name) => beginsProduct(lower, name)) || selfNamed.test(agent);
    }

    return {
      access(exchange) {
        const { headers } = exchange.request;
        const agent = headers.get('user-agent');
        if (agent === undefined) return;
        if (headers.getAll('user-agent').length > 1) {
          exchange.fail(400, 'Only one User-Agent header allowed');
          return;
        }
        let refused = verdicts.get(agent);
        if (refused === undefined) {
          refused = isRefused(agent);
          if (verdicts.size >= MAX_REMEMBERED) verdicts.clear();
          verdicts.set(agent, refused);
        }
        if (refused) exchange.fail(403, 'Forbidden');
      },
    };
  },
});

/** The name stands at the start, or behind what ends the product before it. */
function beginsProduct(agent: string, name: string): boolean {
  for (let at = agent.indexOf(name); at !== -1; at = agent.indexOf(name, at + 1)) {
    if (at === 0 || ' (;,+/'.includes(agent[at - 1]!)) return true;
  }
  return false;
}
