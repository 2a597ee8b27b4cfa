/**
 * `/config`, for configurations that come from no store. `POST` replaces the whole configuration, as in Kong without
 * a database. It is validated, compiled by every worker, stored, and only then put in place; the answer is sent when
 * all workers serve it.
 */
import { createHash } from 'node:crypto';
import { exportYaml } from '../../../shared/config/declarative/export.ts';
import type { Configuration } from '../../../shared/config/entities.ts';
import type { AdminContext } from '../context.ts';
import { type Answer, message, ok } from '../http/answer.ts';
import type { AdminCall } from '../http/call.ts';
import type { EndpointTable } from '../http/endpoint-table.ts';
import { configBody } from './config-body.ts';

const CODE = 14;
const NAME = 'invalid declarative configuration';

const WITH_STORE = message(
  400,
  'this endpoint is only available when Kong is configured to not use a database',
);

export function addConfig(table: EndpointTable, context: AdminContext): void {
  const { managed } = context;
  const fromStore = (): boolean => managed.source !== 'file' && managed.source !== 'posted';
  table.add('/config', {
    GET: async () =>
      fromStore() ? WITH_STORE : ok({ config: await exportYaml(managed.served.configuration) }),
    POST: (call) => (fromStore() ? WITH_STORE : postConfig(context, call)),
  });
}

async function postConfig(context: AdminContext, call: AdminCall): Promise<Answer> {
  if (context.draining()) return message(503, 'Kong currently exiting');
  if (context.control.busy) {
    return {
      ...message(429, 'Currently loading previous configuration'),
      headers: { 'Retry-After': '1' },
    };
  }
  const body = await configBody(call.contentType, await call.rawBody(), call.query);
  if (body.kind === 'wrong')
    return body.status === 415 ? { status: 415 } : message(body.status, body.message);
  if (body.kind === 'text' && body.flags.checkHash && hashOf(body.text) === context.control.current.hash) {
    return { status: 304 };
  }
  const outcome = await (body.kind === 'text'
    ? context.reader.readText(body.text)
    : context.reader.readObject(body.document));
  if (!outcome.ok) {
    const { message: text, fields } = outcome.refusal;
    const shown = body.flags.flattenErrors ? outcome.refusal.flattened() : { fields };
    return { status: 400, body: { code: CODE, name: NAME, message: text, ...shown } };
  }
  const text = body.kind === 'text' ? body.text : JSON.stringify(body.document);
  let stored = false;
  try {
    await context.control.apply(outcome.configuration, {
      beforeCommit: async () => {
        await context.store(text);
        stored = true;
      },
    });
  } catch (error) {
    return refusal(context, error as NodeJS.ErrnoException, stored);
  }
  context.log.notice('configuration posted', {
    entities: outcome.entities,
    hash: outcome.configuration.hash,
  });
  return { status: 201, body: entitiesById(outcome.configuration) };
}

function refusal(context: AdminContext, error: NodeJS.ErrnoException, stored: boolean): Answer {
  context.log.error('a posted configuration was not put in place', { error, stored });
  if (error.name === 'WorkerSilent') return message(504, 'Timed out while loading configuration');
  if (error.name === 'CompileError') {
    return {
      status: 400,
      body: {
        code: CODE,
        name: NAME,
        message: `declarative config is invalid: ${error.message}`,
        fields: { error: error.message },
      },
    };
  }
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT')
    return message(507, 'the configuration cannot be stored: no space left');
  if (typeof error.syscall === 'string')
    return message(503, 'the configuration cannot be stored; see the log');
  return message(500, 'An unexpected error occurred');
}

/** Kong's hash of a configuration that came as text. */
function hashOf(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

/** Kong's answer: collections that have something in them, each entity under its id. */
function entitiesById(configuration: Configuration): Record<string, Record<string, unknown>> {
  const { hash: _hash, pluginEntities, ...collections } = configuration;
  const answer: Record<string, Record<string, unknown>> = {};
  for (const [name, entities] of Object.entries({ ...collections, ...pluginEntities })) {
    if (entities.length === 0) continue;
    answer[name] = Object.fromEntries(entities.map((entity) => [entity.id, entity]));
  }
  return answer;
}
