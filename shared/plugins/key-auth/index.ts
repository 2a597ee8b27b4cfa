/**
 * key-auth: who is asking is decided by a key in a header, the query string or the body. Keys are looked
 * up exactly as sent. Nothing here may let a request through with an identity header the client sent.
 */
import type { PluginEntity } from '../../config/entities.ts';
import { type BodyArgs, parseBodyArgs } from '../body-args.ts';
import { challenge, refusalWith } from '../challenge.ts';
import { type AccessExchange, definePlugin, type MaybePromise, type RequestView } from '../contract.ts';
import { setAnonymous, setIdentity, setNoIdentity } from '../identity.ts';
import schema from './schema.ts';

const MAX_BODY_BYTES = 1024 * 1024;
const DUPLICATE = 'Duplicate API key found';
const MISSING = 'No API key found in request';
const UNKNOWN = 'Unauthorized';

interface KeyName {
  readonly name: string;
  /** Kong finds the header `api-key` by the name `api_key` too. */
  readonly alias: string | undefined;
}

export default definePlugin({
  name: 'key-auth',
  version: '3.10.0',
  priority: 1250,
  schema,
  create(config, kit) {
    const names: readonly KeyName[] = config.key_names.map((name) => ({
      name,
      alias: name.includes('_') ? name.replaceAll('_', '-') : undefined,
    }));
    const { key_in_header: inHeader, key_in_query: inQuery, key_in_body: inBody, anonymous } = config;
    const hide = config.hide_credentials;
    const refusal = refusalWith(challenge('Key', config.realm));
    const anonymousConsumer = anonymous === null ? undefined : kit.directory.consumer(anonymous);

    function refuse(exchange: AccessExchange, message: string): void {
      if (anonymous === null) exchange.fail(401, message, refusal);
      else setAnonymous(exchange, anonymous, anonymousConsumer);
    }

    function decide(exchange: AccessExchange, key: string | string[] | undefined): void {
      if (key === undefined || key === '') refuse(exchange, MISSING);
      else if (typeof key !== 'string') refuse(exchange, DUPLICATE);
      else {
        const credential = kit.directory.entity('keyauth_credentials', key);
        if (credential === undefined || hasExpired(credential, kit.now())) refuse(exchange, UNKNOWN);
        else {
          const owner = credential.consumer;
          const consumer = owner ? kit.directory.consumerById(owner.id) : undefined;
          setIdentity(exchange, consumer, credential, credential.id);
        }
      }
    }

    /** The first name that has a value decides; several values are a mistake of the client. */
    function find(request: RequestView, body: BodyArgs | undefined): string | string[] | undefined {
      for (const found of names) {
        let value: string | string[] | undefined;
        if (inHeader) value = headerValue(request, found);
        if (value === undefined && inQuery && request.query !== '')
          value = one(request.queryArgs(found.name));
        if (value === undefined && body !== undefined) value = body.get(found.name);
        if (value === undefined) continue;
        if (hide && typeof value === 'string') hideKey(request, found, body);
        return value;
      }
      return undefined;
    }

    function hideKey(request: RequestView, found: KeyName, body: BodyArgs | undefined): void {
      request.removeQueryArg(found.name);
      request.headers.remove(found.name);
      if (found.alias !== undefined) request.headers.remove(found.alias);
      const rest = body?.without(found.name);
      if (rest !== undefined) request.replaceBody(rest);
    }

    async function decideWithBody(exchange: AccessExchange): Promise<void> {
      const { request } = exchange;
      const bytes = await request.readBody(MAX_BODY_BYTES);
      const body = bytes === null ? undefined : parseBodyArgs(request.headers.get('content-type'), bytes);
      decide(exchange, find(request, body));
    }

    return {
      access(exchange): MaybePromise {
        if (!config.run_on_preflight && exchange.request.method === 'OPTIONS') {
          setNoIdentity(exchange);
          return;
        }
        // With an anonymous consumer several authentication plugins are alternatives: one is enough.
        if (anonymous !== null && exchange.credential !== undefined) return;
        if (inBody) return decideWithBody(exchange);
        decide(exchange, find(exchange.request, undefined));
      },
    };
  },
});

function headerValue(request: RequestView, found: KeyName): string | string[] | undefined {
  let name = found.name;
  if (!request.headers.has(name)) {
    if (found.alias === undefined || !request.headers.has(found.alias)) return undefined;
    name = found.alias;
  }
  return one(request.headers.getAll(name));
}

function one(values: string[]): string | string[] | undefined {
  return values.length > 1 ? values : values[0];
}

/** `expires_at` if the row has it, else `created_at + ttl`; `now` in milliseconds. */
function hasExpired(credential: PluginEntity, now: number): boolean {
  const expiresAt = credential['expires_at'];
  if (typeof expiresAt === 'number') return now >= expiresAt * 1000;
  const ttl = credential['ttl'];
  return typeof ttl === 'number' && ttl > 0 && now >= (credential.created_at + ttl) * 1000;
}
