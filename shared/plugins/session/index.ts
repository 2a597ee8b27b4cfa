/**
 * session: who has been authenticated once stays so for a while, by a sealed cookie. It goes with an authentication
 * plugin that has an `anonymous` consumer: that one lets requests with a session pass.
 */
import { parseBodyArgs } from '../body-args.ts';
import { type AccessExchange, definePlugin, type Exchange, type MaybePromise } from '../contract.ts';
import { removeCookies } from '../cookies.ts';
import { authenticatedGroups, setAuthenticatedGroups } from '../groups.ts';
import { setIdentity } from '../identity.ts';
import { SessionCookie } from './cookie.ts';
import schema, { type Shown } from './schema.ts';
import {
  decodeState,
  encodeState,
  refreshed,
  remaining,
  type SessionState,
  type Timeouts,
} from './session-state.ts';

const { randomBytes } = process.getBuiltinModule('node:crypto');

const NAME = 'session';
const MAX_LOGOUT_BODY_BYTES = 64 * 1024;

/** A session of somebody who is no consumer any more: its cookies are taken back. */
const GONE = Symbol('gone');

/** What `access` has found out for `response`. */
interface Found {
  readonly state: SessionState;
  /** The client's cookie has to be written anew. */
  readonly stale: boolean;
  /** It came from the cookie that outlives the browser. */
  readonly remembered: boolean;
}

export default definePlugin({
  name: NAME,
  version: '3.10.0',
  priority: 1900,
  schema,
  create(config, kit) {
    if (config.secret === null) throw new Error('session: config.secret is missing');
    const secrets = [config.secret, ...(config.previous_secrets ?? [])];
    const attributes = {
      path: config.cookie_path,
      domain: config.cookie_domain,
      sameSite: config.cookie_same_site,
      httpOnly: config.cookie_http_only,
      secure: config.cookie_secure,
    };
    const cookie = new SessionCookie(config.cookie_name, config.audience, secrets, attributes);
    const remember = config.remember
      ? new SessionCookie(config.remember_cookie_name, config.audience, secrets, attributes)
      : undefined;
    const takenBack = [cookie, ...(remember === undefined ? [] : [remember])].map(
      (one) => ['Set-Cookie', one.takeBack()] as const,
    );
    const ownCookies = new Set([cookie.name, ...(remember === undefined ? [] : [remember.name])]);
    const timeouts: Timeouts = {
      idling: config.idling_timeout,
      rolling: config.rolling_timeout,
      absolute: config.absolute_timeout,
    };
    const rememberTimeouts: Timeouts = {
      idling: 0,
      rolling: config.remember_rolling_timeout,
      absolute: config.remember_absolute_timeout,
    };
    const toUpstream = config.request_headers ?? [];
    const toClient = config.response_headers ?? [];
    const logoutMethods = new Set<string>(config.logout_methods);

    const seconds = (): number => kit.now() / 1000;

    function readFrom(source: SessionCookie, exchange: Exchange, limits: Timeouts): Found | undefined {
      const opened = source.read(exchange.request.headers);
      const state = opened && decodeState(opened.text);
      if (opened === undefined || state === undefined) return undefined;
      if (remaining(state, limits, seconds()).least <= 0) return undefined;
      return { state, stale: opened.outdated, remembered: source === remember };
    }

    function find(exchange: Exchange): Found | undefined {
      const found = readFrom(cookie, exchange, timeouts);
      if (found !== undefined || remember === undefined) return found;
      return readFrom(remember, exchange, rememberTimeouts);
    }

    function resume(exchange: AccessExchange, found: Found): void {
      const { consumerId, credentialId, groups, created } = found.state;
      const consumer = kit.directory.consumerById(consumerId);
      if (consumer === undefined) {
        exchange.note(NAME, GONE);
        return;
      }
      exchange.note(NAME, found);
      removeCookies(exchange.request.headers, ownCookies);
      setIdentity(exchange, consumer, { id: credentialId, created_at: Math.floor(created) }, credentialId);
      if (groups !== undefined) setAuthenticatedGroups(exchange, groups);
      for (const what of toUpstream) {
        const value = shown(what, found.state);
        if (value !== undefined) exchange.request.headers.set(`Session-${what}`, value);
      }
    }

    function shown(what: Shown, state: SessionState): string | undefined {
      if (what === 'id') return state.id;
      if (what === 'audience') return config.audience;
      if (what === 'subject') return state.consumerId;
      const left = remaining(state, timeouts, seconds());
      const value =
        what === 'timeout'
          ? left.least
          : what === 'idling-timeout'
            ? left.idling
            : what === 'rolling-timeout'
              ? left.rolling
              : left.absolute;
      return Number.isFinite(value) ? String(Math.max(0, Math.floor(value))) : undefined;
    }

    function logOut(exchange: AccessExchange): void {
      exchange.exit(200, undefined, { headers: takenBack });
    }

    async function resumeUnlessBodySaysLogout(exchange: AccessExchange, found: Found): Promise<void> {
      const { request } = exchange;
      const body = await request.readBody(MAX_LOGOUT_BODY_BYTES);
      const args = body === null ? undefined : parseBodyArgs(request.headers.get('content-type'), body);
      if (args?.get(config.logout_post_arg) !== undefined) logOut(exchange);
      else resume(exchange, found);
    }

    function isOwn(exchange: Exchange, state: SessionState): boolean {
      return exchange.consumer?.id === state.consumerId && exchange.credential?.id === state.credentialId;
    }

    /** What the client is to have from now on; undefined when it has it. */
    function next(exchange: Exchange, found: Found | undefined, now: number): SessionState | undefined {
      const { consumer, credential } = exchange;
      if (consumer === undefined || credential === undefined) return undefined;
      if (found !== undefined && isOwn(exchange, found.state)) {
        if (found.remembered) return { ...found.state, id: newId(), created: now, renewed: now, used: now };
        return refreshed(found.state, timeouts, now) ?? (found.stale ? found.state : undefined);
      }
      return {
        id: newId(),
        consumerId: consumer.id,
        credentialId: credential.id,
        groups: authenticatedGroups(exchange),
        created: now,
        renewed: now,
        used: now,
      };
    }

    return {
      access(exchange): MaybePromise {
        for (const what of toUpstream) exchange.request.headers.remove(`Session-${what}`);
        const found = find(exchange);
        if (found === undefined) return;
        const { method } = exchange.request;
        if (logoutMethods.has(method)) {
          if (exchange.request.queryArgs(config.logout_query_arg).length > 0) {
            logOut(exchange);
            return;
          }
          if (config.read_body_for_logout) return resumeUnlessBodySaysLogout(exchange, found);
        }
        resume(exchange, found);
      },

      response(exchange) {
        const { headers } = exchange.response;
        const noted = exchange.noted(NAME) as Found | typeof GONE | undefined;
        const found = noted === GONE ? undefined : noted;
        const now = seconds();
        const state = next(exchange, found, now);
        if (noted === GONE && state === undefined)
          for (const [name, value] of takenBack) headers.append(name, value);
        if (state !== undefined) {
          const text = encodeState(state);
          const line = cookie.write(text);
          if (line === undefined) {
            kit.log.warn('a session does not fit into a cookie', { consumer: state.consumerId });
            return;
          }
          headers.append('Set-Cookie', line);
          // The long-lived cookie is new with a login, and renewed whenever it has been used.
          const fresh = found === undefined || found.remembered || !isOwn(exchange, found.state);
          if (remember !== undefined && fresh) {
            const created = found?.remembered === true ? found.state.created : state.created;
            const lasting = remember.write(encodeState({ ...state, created }), lifetimeOf(created, now));
            if (lasting !== undefined) headers.append('Set-Cookie', lasting);
          }
        }
        const current = state ?? found?.state;
        if (current === undefined) return;
        for (const what of toClient) {
          const value = shown(what, current);
          if (value !== undefined) headers.set(`Session-${what}`, value);
        }
      },
    };

    function lifetimeOf(created: number, now: number): number {
      const { rolling, absolute } = rememberTimeouts;
      const left = Math.min(
        rolling || Number.POSITIVE_INFINITY,
        absolute ? created + absolute - now : Number.POSITIVE_INFINITY,
      );
      // 400 days are the most that browsers keep (RFC 6265bis).
      return Math.min(left, 400 * 86_400);
    }
  },
});

function newId(): string {
  return randomBytes(16).toString('base64url');
}
