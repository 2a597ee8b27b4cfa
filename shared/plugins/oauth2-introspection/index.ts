/**
 * oauth2-introspection: the authorization server is asked whether a token is active (RFC 7662). Answers outlive a
 * change of the configuration; without one that holds, nobody passes.
 */
import type { Consumer } from '../../config/entities.ts';
import { bearerToken } from '../bearer.ts';
import { parseBodyArgs } from '../body-args.ts';
import { quotable } from '../challenge.ts';
import {
  type AccessExchange,
  definePlugin,
  type ExitOptions,
  type MaybePromise,
  type PluginLogger,
  type RequestView,
} from '../contract.ts';
import { headerText } from '../header-text.ts';
import { ProtectedNames, removeProtected, setAnonymous, setIdentity, setNoIdentity } from '../identity.ts';
import { type EndpointOptions, IntrospectionEndpoint } from './endpoint.ts';
import schema from './schema.ts';
import { type Claims, type Verdict, Verdicts } from './verdicts.ts';

const { hash } = process.getBuiltinModule('node:crypto');

const MAX_TOKEN_LENGTH = 8192;
/** RFC 6749 appendix A.12. */
const TOKEN = /^[\x21-\x7e]+$/;
const MAX_BODY_BYTES = 64 * 1024;
const ARG = 'access_token';

/** Members of the answer that the upstream is always told (RFC 7662 section 2.2). */
const FORWARDED = ['scope', 'client_id', 'token_type', 'exp', 'iat', 'nbf', 'sub', 'aud', 'iss', 'jti'];

interface Refusal {
  readonly status: number;
  readonly body: string;
  readonly options: ExitOptions;
}

export default definePlugin({
  name: 'oauth2-introspection',
  version: '3.10.0',
  priority: 1700,
  schema,
  create(config, kit) {
    const { anonymous, hide_credentials: hide } = config;
    const anonymousConsumer = anonymous === null ? undefined : kit.directory.consumer(anonymous);
    const forwarded = [...new Set([...FORWARDED, ...config.custom_claims_forward])].map((claim) => ({
      claim,
      header: `X-Credential-${claim.split('_').map(capitalised).join('-')}`,
    }));
    const forwardedNames = new ProtectedNames(forwarded.map(({ header }) => header.toLowerCase()));

    const endpointOptions = {
      url: config.introspection_url,
      authorization: config.authorization_value,
      headers: config.custom_introspection_headers,
      tokenTypeHint: config.token_type_hint,
      timeoutMs: config.timeout,
      keepaliveMs: config.keepalive,
    };
    const identity = hash('sha256', JSON.stringify([endpointOptions, config.ttl]), 'hex');
    const { now, log } = kit;
    const { verdicts } = kit.keep(
      `oauth2-introspection ${identity}`,
      () => openIntrospection(endpointOptions, config.ttl * 1000, now, log),
      closeIntrospection,
    );

    const realm = config.realm === null ? '' : `realm="${quotable(config.realm)}"`;
    const missing = refusal(401, 'invalid_request', 'The access token is missing', join('Bearer', realm));
    const several = refusal(
      401,
      'invalid_request',
      'The access token has been sent more than once',
      join('Bearer', realm),
    );
    const invalid = refusal(
      401,
      'invalid_token',
      'The access token is invalid or has expired',
      join(
        'Bearer',
        [realm, 'error="invalid_token"', 'error_description="The access token is invalid or has expired"']
          .filter(Boolean)
          .join(', '),
      ),
    );
    const unknown = refusal(
      503,
      'temporarily_unavailable',
      'The access token could not be checked',
      undefined,
    );

    function refuse(exchange: AccessExchange, { status, body, options }: Refusal): void {
      if (anonymous === null) exchange.exit(status, body, options);
      else setAnonymous(exchange, anonymous, anonymousConsumer);
    }

    function findConsumer(claims: Claims): Consumer | undefined {
      if (config.consumer_by === 'client_id') {
        const id = claims['client_id'];
        return typeof id === 'string' ? kit.directory.consumerByCustomId(id) : undefined;
      }
      const name = claims['username'];
      if (typeof name !== 'string') return undefined;
      // A name that is the id of somebody else is not that one.
      const consumer = kit.directory.consumer(name);
      return consumer?.username === name ? consumer : undefined;
    }

    function accept(exchange: AccessExchange, claims: Claims, key: string): void {
      const { headers } = exchange.request;
      const identifier = claims['username'] ?? claims['client_id'];
      const credential = { id: key, created_at: 0 };
      setIdentity(
        exchange,
        findConsumer(claims),
        credential,
        typeof identifier === 'string' ? identifier : undefined,
      );
      removeProtected(headers, forwardedNames);
      for (const { claim, header } of forwarded) {
        const value = claims[claim];
        if (value === undefined || value === null) continue;
        headers.append(header, headerText(typeof value === 'object' ? JSON.stringify(value) : String(value)));
      }
    }

    function settle(exchange: AccessExchange, verdict: Verdict, key: string): void {
      if (verdict === 'unknown') refuse(exchange, unknown);
      else if (verdict === null) refuse(exchange, invalid);
      else accept(exchange, verdict, key);
    }

    function judge(exchange: AccessExchange, token: string): MaybePromise {
      if (token.length > MAX_TOKEN_LENGTH || !TOKEN.test(token)) {
        refuse(exchange, invalid);
        return;
      }
      const { request } = exchange;
      const more = config.introspect_request
        ? { 'X-Request-Path': request.path, 'X-Request-Http-Method': request.method }
        : undefined;
      const about = more === undefined ? token : `${token}\n${request.method}\n${request.path}`;
      const key = hash('sha256', about, 'base64url');
      const verdict = verdicts.on(key, token, more);
      if (verdict instanceof Promise) return verdict.then((answer) => settle(exchange, answer, key));
      settle(exchange, verdict, key);
    }

    /** Header and query; two tokens are a mistake of the client (RFC 6750 section 2). */
    function find(request: RequestView): string[] {
      const tokens = request.query === '' ? [] : request.queryArgs(ARG);
      const value = request.headers.get('authorization');
      const bearer = value === undefined ? undefined : bearerToken(value);
      if (bearer !== undefined) tokens.push(bearer);
      if (hide && tokens.length > 0) {
        if (bearer !== undefined) request.headers.remove('authorization');
        request.removeQueryArg(ARG);
      }
      return tokens;
    }

    async function judgeBody(exchange: AccessExchange): Promise<void> {
      const { request } = exchange;
      const bytes = await request.readBody(MAX_BODY_BYTES);
      const args = bytes === null ? undefined : parseBodyArgs(request.headers.get('content-type'), bytes);
      const token = args?.get(ARG);
      if (token === undefined || token === '') return refuse(exchange, missing);
      if (typeof token !== 'string') return refuse(exchange, several);
      const rest = hide ? args?.without(ARG) : undefined;
      if (rest !== undefined) request.replaceBody(rest);
      await judge(exchange, token);
    }

    return {
      access(exchange): MaybePromise {
        const { request } = exchange;
        if (!config.run_on_preflight && request.method === 'OPTIONS') {
          setNoIdentity(exchange);
          return;
        }
        // With an anonymous consumer several authentication plugins are alternatives: one is enough.
        if (anonymous !== null && exchange.credential !== undefined) return;
        const tokens = find(request);
        if (tokens.length > 1) return refuse(exchange, several);
        const token = tokens[0];
        if (token !== undefined && token !== '') return judge(exchange, token);
        const type = request.headers.get('content-type');
        if (type?.toLowerCase().startsWith('application/x-www-form-urlencoded')) return judgeBody(exchange);
        refuse(exchange, missing);
      },
    };
  },
});

function capitalised(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}

function join(...parts: readonly string[]): string {
  return parts.filter(Boolean).join(' ');
}

function refusal(status: number, error: string, description: string, challenge: string | undefined): Refusal {
  return {
    status,
    body: JSON.stringify({ error, error_description: description }),
    options: {
      headers: [
        ...(challenge === undefined ? [] : [['WWW-Authenticate', challenge] as const]),
        ['Content-Type', 'application/json; charset=utf-8'],
      ],
    },
  };
}

interface Introspection {
  readonly endpoint: IntrospectionEndpoint;
  readonly verdicts: Verdicts;
}

// Out here, because it is kept: within create it would hold on to the configuration that was.
function openIntrospection(
  options: EndpointOptions,
  ttlMs: number,
  now: () => number,
  log: PluginLogger,
): Introspection {
  const endpoint = new IntrospectionEndpoint(options);
  return {
    endpoint,
    verdicts: new Verdicts({
      put: (token, more) => endpoint.introspect(token, more),
      ttlMs,
      now,
      onFailure: (error) =>
        log.warn('the introspection endpoint does not answer', {
          reason: error instanceof Error ? error.message : String(error),
        }),
    }),
  };
}

function closeIntrospection({ endpoint }: Introspection): void {
  endpoint.close();
}
