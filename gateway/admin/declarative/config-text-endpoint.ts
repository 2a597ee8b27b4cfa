/**
 * `/_cardinal/config`: the whole configuration as one declarative document, whatever it is kept in. `POST` with `check=1` says
 * what is wrong with a document, line by line, or what it would change; without it all of that is put in place as one
 * generation, or nothing is.
 */

import type { EntityChange, StoredEntity } from '../../../shared/config/change.ts';
import { exportYaml } from '../../../shared/config/declarative/export.ts';
import type { ReadOutcome } from '../../../shared/config/source/reader.ts';
import { configBody } from '../config/config-body.ts';
import type { AdminContext } from '../context.ts';
import { readOnly } from '../entities/read-only.ts';
import { changedFields } from '../history/changed-fields.ts';
import { masked, maskedKey } from '../history/masked.ts';
import { message, ok } from '../http/answer.ts';
import type { AdminCall } from '../http/call.ts';
import type { EndpointTable } from '../http/endpoint-table.ts';
import type { PluginSchemas } from '../schemas/plugin-schemas.ts';
import { changeTo } from './change-to.ts';

const PATH = '/_cardinal/config';
/** Of one answer; `changes_total` says how many there are. */
const MOST_LISTED = 1_000;

export function addConfigText(table: EndpointTable, context: AdminContext, plugins: PluginSchemas): void {
  const { managed } = context;
  table.add(PATH, {
    GET: async () => {
      const { configuration, generation } = managed.served;
      return ok({ config: await exportYaml(configuration), generation, hash: configuration.hash });
    },
    POST: (call) => post(context, plugins, call),
  });
}

async function post(context: AdminContext, plugins: PluginSchemas, call: AdminCall) {
  const { managed } = context;
  const body = await configBody(call.contentType, await call.rawBody(), call.query);
  if (body.kind === 'wrong') return message(body.status, body.message);
  const outcome = await (body.kind === 'text'
    ? context.reader.readText(body.text)
    : context.reader.readObject(body.document));
  if (!outcome.ok) return refused(outcome);
  const nowSeconds = Math.floor(Date.now() / 1000);
  const check = call.query.flag('check');
  if (!check && !managed.writable) throw readOnly('create or update', 'config');
  const expected = call.query.first('generation');
  if (expected !== undefined && expected !== String(managed.served.generation)) {
    return message(
      409,
      `the configuration is of generation ${managed.served.generation} by now, not ${expected}`,
    );
  }
  const change = check
    ? changeTo(managed.view, outcome.configuration, nowSeconds)
    : await managed.write({ actor: call.actor, summary: call.summary }, (draft) => {
        const wanted = changeTo(draft, outcome.configuration, nowSeconds);
        draft.replace(wanted);
        return wanted;
      });
  return ok({
    generation: managed.served.generation,
    entities: outcome.entities,
    findings: outcome.warnings,
    changes: change.slice(0, MOST_LISTED).map((one) => shown(one, context, plugins)),
    changes_total: change.length,
  });
}

function refused({ findings, refusal }: Extract<ReadOutcome, { readonly ok: false }>) {
  const { message: text, fields } = refusal;
  return {
    status: 400,
    body: { code: 14, name: 'invalid declarative configuration', message: text, fields, findings },
  };
}

/** As the history shows changes: no secret, but that it is another one. */
function shown(
  { collection, id, before, after }: EntityChange,
  context: AdminContext,
  plugins: PluginSchemas,
) {
  const { index } = context.managed.view;
  const show = (entity: StoredEntity | null) =>
    entity === null ? null : masked(collection, entity, index, plugins);
  return {
    collection,
    id,
    name: maskedKey(collection, after ?? before, index),
    operation: before === null ? 'create' : after === null ? 'delete' : 'update',
    before: show(before),
    after: show(after),
    fields:
      before === null || after === null
        ? []
        : changedFields(before, after).filter((field) => field !== 'updated_at'),
  };
}
