/** The work of `cardinal apply`. */
import { createInterface } from 'node:readline/promises';
import { CliError } from '../../shared/cli/cli-error.ts';
import type { Call, Io } from '../../shared/cli/command.ts';
import { EXIT } from '../../shared/cli/exit-codes.ts';
import type { AdminClient } from './admin-client.ts';
import { carryOut, type Outcome } from './sync/carry-out.ts';
import type { Labels } from './sync/labels.ts';
import type { Plan } from './sync/plan.ts';
import { openSession, planOf } from './sync/session.ts';
import { changeLine, summaryText } from './sync/show-plan.ts';

export async function apply(call: Call): Promise<number> {
  const { flags, io, positionals } = call;
  const session = await openSession(call);
  await mustTakeChanges(session.client);
  const { plan, labels } = await planOf(session, call);
  if (plan.changes.length === 0) {
    io.writeError('no differences\n');
    return EXIT.ok;
  }
  if (!flags.has('yes') && positionals[0] !== '-' && !(await deletionsAreWanted(plan, labels, io))) {
    io.writeError('nothing was changed\n');
    return EXIT.failed;
  }
  const width = String(plan.changes.length).length;
  const outcome = await carryOut(plan, session.client, session.schemas, (change, done) => {
    const count = io.out.dim(`${String(done).padStart(width)}/${plan.changes.length}`);
    io.write(`${count}  ${changeLine(change, labels, io.out)}\n`);
  });
  return report(outcome, plan, labels, io);
}

/** Rejects with a CliError when its configuration does not come from a store. */
async function mustTakeChanges(client: AdminClient): Promise<void> {
  const { body } = await client.send('GET', '/');
  const { configuration } = (body ?? {}) as { configuration?: { database?: unknown } };
  if (configuration?.database !== 'off') return;
  throw new CliError(
    `the gateway at ${client.address} takes its configuration from a file, not entity by entity`,
    {
      help: ['send it the whole file: curl --data-binary @kong.yml -H "Content-Type: text/yaml" URL/config'],
    },
  );
}

/** Asked on a terminal alone: a pipeline has decided. */
async function deletionsAreWanted(plan: Plan, labels: Labels, io: Io): Promise<boolean> {
  const deletions = plan.changes.filter(({ action }) => action === 'delete');
  if (deletions.length === 0 || !io.err.terminal || process.stdin.isTTY !== true) return true;
  for (const change of plan.changes) io.writeError(`${changeLine(change, labels, io.err)}\n`);
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await prompt.question(`\n${summaryText(plan)}. Go on? [y/N] `);
    return /^y(?:es)?$/i.test(answer.trim());
  } finally {
    prompt.close();
  }
}

function report({ done, failures, skipped, broken }: Outcome, plan: Plan, labels: Labels, io: Io): number {
  const fail = io.err.red(io.err.unicode ? '✗' : 'x');
  const label = (change: Plan['changes'][number]) => {
    const { kind, name, context } = labels.of(change.definition, (change.after ?? change.before) as never);
    return `${change.action} ${kind} ${name}${context === '' ? '' : ` (${context})`}`;
  };
  for (const { change, message } of failures) io.writeError(`${fail} ${label(change)}: ${message}\n`);
  const dependent = skipped.filter(({ action }) => action !== 'delete');
  for (const change of dependent)
    io.writeError(`${fail} ${label(change)}: not tried, what it refers to failed\n`);
  const deletions = skipped.length - dependent.length;
  if (deletions > 0)
    io.writeError(`${fail} ${deletions} to delete: not tried, because of the failures above\n`);
  const counts = (['create', 'update', 'delete'] as const).map(
    (action) => done.filter((change) => change.action === action).length,
  );
  const summary = `created ${counts[0]}, changed ${counts[1]}, deleted ${counts[2]}`;
  if (broken !== undefined) {
    const left = plan.changes.length - done.length;
    throw new CliError(`${broken.message} (${summary}; ${left} not done)`, {
      exitCode: broken.exitCode,
      help: [...broken.help, 'run it again: only what differs is sent'],
      cause: broken,
    });
  }
  if (failures.length > 0) {
    io.writeError(`${summary}; ${plan.changes.length - done.length} not done\n`);
    return EXIT.failed;
  }
  io.writeError(`${io.err.green('ok')}  ${summary}\n`);
  return EXIT.ok;
}
