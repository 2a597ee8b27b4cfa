/**
 * `POST /config`: replaces the whole configuration, as in Kong without a database. It is validated, compiled
 * by every worker, stored, and only then put in place; the answer is sent when all workers serve it.
 */
import { createHash } from 'node:crypto';
import type { Request, Response } from 'express';
import type { Configuration } from '../../shared/config/entities.ts';
import { configBody } from './config-body.ts';
import type { AdminContext } from './context.ts';

const CODE = 14;
const NAME = 'invalid declarative configuration';

export async function postConfig(context: AdminContext, request: Request, response: Response): Promise<void> {
  if (context.draining()) {
    response.status(503).json({ message: 'Kong currently exiting' });
    return;
  }
  if (context.control.busy) {
    response
      .status(429)
      .set('Retry-After', '1')
      .json({ message: 'Currently loading previous configuration' });
    return;
  }
  const raw = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const query = new Map(new URL(request.originalUrl, 'http://admin').searchParams);
  const body = await configBody(request.headers['content-type'], raw, query);
  if (body.kind === 'wrong') {
    response.status(body.status).json({ message: body.message });
    return;
  }
  if (body.kind === 'text' && body.flags.checkHash && hashOf(body.text) === context.control.current.hash) {
    response.status(304).end();
    return;
  }
  const outcome = await (body.kind === 'text'
    ? context.reader.readText(body.text)
    : context.reader.readObject(body.document));
  if (!outcome.ok) {
    const { message, fields } = outcome.refusal;
    const shown = body.flags.flattenErrors ? outcome.refusal.flattened() : { fields };
    response.status(400).json({ code: CODE, name: NAME, message, ...shown });
    return;
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
    refuse(context, response, error as NodeJS.ErrnoException, stored);
    return;
  }
  context.log.notice('configuration posted', {
    entities: outcome.entities,
    hash: outcome.configuration.hash,
  });
  response.status(201).json(entitiesById(outcome.configuration));
}

function refuse(
  context: AdminContext,
  response: Response,
  error: NodeJS.ErrnoException,
  stored: boolean,
): void {
  context.log.error('a posted configuration was not put in place', { error, stored });
  if (error.name === 'WorkerSilent') {
    response.status(504).json({ message: 'Timed out while loading configuration' });
  } else if (error.name === 'CompileError') {
    response.status(400).json({
      code: CODE,
      name: NAME,
      message: `declarative config is invalid: ${error.message}`,
      fields: { error: error.message },
    });
  } else if (error.code === 'ENOSPC' || error.code === 'EDQUOT') {
    response.status(507).json({ message: 'the configuration cannot be stored: no space left' });
  } else if (typeof error.syscall === 'string') {
    response.status(503).json({ message: 'the configuration cannot be stored; see the log' });
  } else {
    response.status(500).json({ message: 'An unexpected error occurred' });
  }
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
