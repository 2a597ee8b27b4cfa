/** The work of `cardinal dump`. The file holds credentials, and is for its owner alone. */
import { open, rename, unlink } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CliError, systemErrorText } from '../../shared/cli/cli-error.ts';
import type { Call } from '../../shared/cli/command.ts';
import { EXIT } from '../../shared/cli/exit-codes.ts';
import { Labels } from './sync/labels.ts';
import { hasTags } from './sync/plan.ts';
import { readGateway } from './sync/read-gateway.ts';
import { type Entities, idOf, type Schemas } from './sync/schemas.ts';
import { openSession } from './sync/session.ts';
import { documentOf, documentText } from './sync/write-document.ts';

export async function dump(call: Call): Promise<number> {
  const { flags, io } = call;
  const output = flags.get('output') ?? '-';
  const path = output === '-' ? undefined : resolve(io.cwd, output);
  if (path !== undefined && flags.get('yes') === undefined) await mustNotExist(path, output);
  const { schemas, client, selectTags } = await openSession(call);
  const all = await readGateway(client, schemas);
  const selected: Entities = new Map(
    [...all].map(([collection, list]) => [collection, list.filter((entity) => hasTags(entity, selectTags))]),
  );
  if (selectTags.length > 0) warnOfMissing(selected, all, schemas, call);
  const document = documentOf(selected, schemas, { withId: flags.has('with-id'), known: all });
  const text = await documentText(document, flags.get('format') === 'json' ? 'json' : 'yaml');
  if (path === undefined) {
    io.write(text);
    return EXIT.ok;
  }
  await writeWhole(path, output, text);
  const count = [...selected.values()].reduce((sum, list) => sum + list.length, 0);
  io.writeError(
    `${io.err.green('ok')}  ${output} has ${count} ${count === 1 ? 'entity' : 'entities'} of ${client.address}\n`,
  );
  return EXIT.ok;
}

async function mustNotExist(path: string, shown: string): Promise<void> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw new CliError(`cannot write ${shown}: ${systemErrorText(error)}`);
  }
  await file.close();
  throw new CliError(`${shown} is there already`, {
    exitCode: EXIT.usage,
    help: ['overwrite it: --yes', 'another file: -o FILE'],
  });
}

/** A reader sees the old file or the whole new one. */
async function writeWhole(path: string, shown: string, text: string): Promise<void> {
  const beside = `${path}.${process.pid}.tmp`;
  try {
    const file = await open(beside, 'w', 0o600);
    try {
      await file.writeFile(text);
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (error) {
    await unlink(beside).catch(() => {});
    throw new CliError(`cannot write ${shown}: ${systemErrorText(error)}`, { cause: error });
  }
}

/** A file that refers to what is not in it cannot be read. */
function warnOfMissing(selected: Entities, all: Entities, schemas: Schemas, { io }: Call): void {
  const labels = new Labels(schemas, all);
  const ids = new Set([...selected].flatMap(([, list]) => list.map(({ id }) => id)));
  for (const definition of schemas.managed) {
    for (const entity of selected.get(definition.collection) ?? []) {
      const missing = definition.foreignKeys.filter(({ field }) => {
        const id = idOf(entity[field]);
        return id !== undefined && !ids.has(id);
      });
      if (missing.length === 0) continue;
      const { kind, name, context } = labels.of(definition, entity);
      io.writeError(
        `${io.err.yellow('warning')}: ${kind} ${name} is left without ${context}, which lacks the tags\n`,
      );
    }
  }
}
