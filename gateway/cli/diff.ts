/** The work of `cardinal diff`. */
import type { Call } from '../../shared/cli/command.ts';
import { EXIT } from '../../shared/cli/exit-codes.ts';
import { openSession, planOf } from './sync/session.ts';
import { changeLine, planDocument, summaryText } from './sync/show-plan.ts';

export async function diff(call: Call): Promise<number> {
  const { flags, io } = call;
  const session = await openSession(call);
  const { plan, labels } = await planOf(session, call);
  if (flags.get('output') === 'json') {
    io.write(`${JSON.stringify(planDocument(plan, labels, session.client.address), null, 2)}\n`);
  } else {
    for (const change of plan.changes) {
      io.write(`${changeLine(change, labels, io.out)}\n`);
      if (change.problem !== undefined)
        io.write(`    ${io.out.red('cannot be applied')}: ${change.problem}\n`);
    }
    if (plan.changes.length > 0) io.writeError('\n');
    io.writeError(`${summaryText(plan)}\n`);
  }
  return plan.changes.length > 0 && flags.has('non-zero-exit-code') ? EXIT.different : EXIT.ok;
}
