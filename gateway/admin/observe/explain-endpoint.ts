/**
 * `POST /_cardinal/explain`: what would become of a request, with the configuration that is served or with unsaved
 * entities put into it. Nothing is sent, stored or served.
 */
import { isIP } from 'node:net';
import type { Request, Response } from 'express';
import type { Configuration } from '../../../shared/config/entities.ts';
import type { ExplainRequest } from '../../../shared/explain/contract.ts';
import { Explainer } from '../../../shared/explain/explainer.ts';
import { type Header, NoRequest } from '../../../shared/explain/request.ts';
import { ModelError } from '../../model/contract.ts';
import type { ObserveContext } from './context.ts';
import { DRAFT_COLLECTIONS, draftConfiguration } from './draft-configuration.ts';

type Body = Readonly<Record<string, unknown>>;

const REQUEST_FIELDS = ['method', 'url', 'headers', 'sni', 'client_ip', 'consumer', 'listen_port'];
const MOST_DRAFTS = 100;

/** Of the configuration that was asked about last: most questions come in rows. */
const kept = new WeakMap<ObserveContext, { configuration: Configuration; explainer: Promise<Explainer> }>();

export async function postExplain(
  context: ObserveContext,
  request: Request,
  response: Response,
): Promise<void> {
  try {
    const body = readBody(request);
    const asked = readRequest(body['request']);
    const drafts = readDrafts(body);
    const explainer = await (drafts.size === 0
      ? served(context)
      : open(context, draftConfiguration(context, drafts)));
    response.json(await explainer.explain(asked));
  } catch (error) {
    if (error instanceof Wrong) response.status(error.status).json(error.body);
    else if (error instanceof ModelError) response.status(error.status).json(error.body);
    else if (error instanceof NoRequest)
      response.status(400).json(violation(`request.${error.field}`, error.message).body);
    else if ((error as Error).name === 'RouteCompileError')
      response.status(400).json(violation('routes', (error as Error).message).body);
    else throw error;
  }
}

function served(context: ObserveContext): Promise<Explainer> {
  const { configuration } = context.managed.served;
  let last = kept.get(context);
  if (last?.configuration !== configuration) {
    last = { configuration, explainer: open(context, configuration) };
    kept.set(context, last);
    last.explainer.catch(() => kept.delete(context));
  }
  return last.explainer;
}

async function open({ plugins, now }: ObserveContext, configuration: Configuration): Promise<Explainer> {
  await plugins.load(configuration);
  return Explainer.open({ configuration, definitions: plugins.definitions, now });
}

class Wrong extends Error {
  readonly status: number;
  readonly body: Body;
  constructor(status: number, body: Body) {
    super(String(body['message']));
    this.status = status;
    this.body = body;
  }
}

function violation(field: string, message: string): Wrong {
  return new Wrong(400, {
    code: 2,
    name: 'schema violation',
    message: `schema violation (${field}: ${message})`,
    fields: { [field]: message },
  });
}

function readBody(request: Request): Body {
  const raw: unknown = request.body;
  if (!Buffer.isBuffer(raw) || raw.length === 0) throw violation('request', 'required field missing');
  const type = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/json') throw new Wrong(415, { message: 'expected application/json' });
  let value: unknown;
  try {
    value = JSON.parse(raw.toString());
  } catch {
    throw new Wrong(400, { message: 'Cannot parse JSON body' });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Wrong(400, { message: 'expected a JSON object' });
  const known: readonly string[] = ['request', ...DRAFT_COLLECTIONS];
  for (const field of Object.keys(value))
    if (!known.includes(field)) throw violation(field.slice(0, 64), 'unknown field');
  return value as Body;
}

function readRequest(value: unknown): ExplainRequest {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw violation('request', value === undefined ? 'required field missing' : 'expected a record');
  const asked = value as Body;
  for (const field of Object.keys(asked))
    if (!REQUEST_FIELDS.includes(field)) throw violation(`request.${field.slice(0, 64)}`, 'unknown field');
  const text = (field: string): string | undefined => {
    const one = asked[field];
    if (one === undefined || one === null) return undefined;
    if (typeof one !== 'string') throw violation(`request.${field}`, 'expected a string');
    return one;
  };
  const url = text('url');
  if (url === undefined) throw violation('request.url', 'required field missing');
  const clientIp = text('client_ip') ?? '127.0.0.1';
  if (isIP(clientIp) === 0) throw violation('request.client_ip', 'is no IP address');
  const port = asked['listen_port'] ?? undefined;
  if (port !== undefined && !(Number.isInteger(port) && (port as number) > 0 && (port as number) < 65_536))
    throw violation('request.listen_port', 'value should be between 1 and 65535');
  return {
    method: text('method') ?? 'GET',
    url,
    headers: readHeaders(asked['headers']),
    sni: text('sni'),
    clientIp,
    consumer: text('consumer'),
    listenPort: port as number | undefined,
  };
}

/** `{ name: value | [values] }`. */
function readHeaders(value: unknown): readonly Header[] {
  if (value === undefined || value === null) return [];
  if (typeof value !== 'object' || Array.isArray(value))
    throw violation('request.headers', 'expected a map of names and values');
  const headers: Header[] = [];
  for (const [name, given] of Object.entries(value)) {
    for (const one of Array.isArray(given) ? given : [given]) {
      if (typeof one !== 'string') throw violation('request.headers', `the value of ${name} is no string`);
      headers.push([name, one]);
    }
  }
  return headers;
}

function readDrafts(body: Body): Map<(typeof DRAFT_COLLECTIONS)[number], readonly unknown[]> {
  const drafts = new Map<(typeof DRAFT_COLLECTIONS)[number], readonly unknown[]>();
  for (const collection of DRAFT_COLLECTIONS) {
    const list = body[collection];
    if (list === undefined || list === null) continue;
    if (!Array.isArray(list)) throw violation(collection, 'expected an array');
    if (list.length > MOST_DRAFTS)
      throw violation(collection, `length must not be greater than ${MOST_DRAFTS}`);
    if (list.length > 0) drafts.set(collection, list);
  }
  return drafts;
}
