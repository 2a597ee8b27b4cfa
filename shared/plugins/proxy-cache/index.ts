/**
 * proxy-cache: answers requests with responses that were stored before (RFC 9111, Kong's fields). A stored response has
 * passed the plugins of its own exchange, never those of another: what is kept is what the upstream sent, and everything
 * that plugins do to responses is done again to each that goes out.
 */
import { openSharedState } from '../../state/redis/shared-state.ts';
import { type AccessExchange, type Answer, definePlugin, type PluginInstance } from '../contract.ts';
import { CacheControl } from './cache-control.ts';
import { type KeyRules, namedPort, primaryKey, resourceKey, variantKey } from './cache-key.ts';
import { select } from './conditions.ts';
import { Flights, type Landing, landingWithin } from './flights.ts';
import { type MediaRange, parseMediaRange } from './media-type.ts';
import { type CacheStore, MemoryStore } from './memory-store.ts';
import { operate } from './operations.ts';
import { Recorder } from './recorder.ts';
import { RedisStore } from './redis-store.ts';
import schema from './schema.ts';
import { headerOf, type Stored, type StoredResponse } from './stored-response.ts';
import { MAX_KEEP_SECONDS, type StoringRules } from './storing.ts';

const NAME = 'proxy-cache';
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);
const CONDITIONS = ['if-none-match', 'if-modified-since', 'if-match', 'if-unmodified-since', 'if-range'];

/** For nobody: the answer to a request on our own account is dropped. */
const NO_ANSWER: Answer = { status: 204, body: Buffer.alloc(0) };

/** What `access` leaves for `response`. */
interface Outcome {
  status: 'Hit' | 'Miss' | 'Refresh' | 'Bypass';
  readonly key: string | undefined;
  /** Seconds; undefined unless a stored response is sent. */
  age: number | undefined;
}

/** A request that may be answered from the cache. */
interface Asked {
  readonly exchange: AccessExchange;
  readonly outcome: Outcome;
  readonly primary: string;
  readonly resource: string;
  readonly control: CacheControl;
  readonly at: number;
}

export default definePlugin({
  name: NAME,
  version: '3.10.0',
  priority: 100,
  schema,
  create(config, kit) {
    const obeys = config.cache_control;
    const methods = new Set<string>(config.request_method);
    const varyHeaders = [...new Set((config.vary_headers ?? []).map((name) => name.toLowerCase()))].sort();
    const keyRules: KeyRules = {
      ignoreCase: config.ignore_uri_case ?? false,
      queryParams: config.vary_query_params === null ? undefined : [...config.vary_query_params].sort(),
      headers: varyHeaders,
    };
    const rules: StoringRules = {
      statuses: new Set(config.response_code),
      types: config.content_type.map(parseMediaRange).filter((one): one is MediaRange => one !== undefined),
      ttl: config.cache_ttl ?? 300,
      storageTtl: config.storage_ttl,
      obeysCacheControl: obeys,
    };
    const authorizationIsKeyed = varyHeaders.includes('authorization');
    const lockMs = (config.lock_timeout ?? 0) * 1000;
    const maxBytes = config.max_entity_bytes ?? 1_048_576;
    const maxVariants = config.max_variants ?? 16;
    const show = config.response_headers;
    const requests = kit.metrics.counter(
      'cardinal_proxy_cache_requests_total',
      'Requests by what the cache had for them',
      ['status'],
    );
    const counted = {
      Hit: requests.with('hit'),
      Miss: requests.with('miss'),
      Refresh: requests.with('refresh'),
      Bypass: requests.with('bypass'),
    };
    const bytes = kit.metrics
      .gauge('cardinal_proxy_cache_bytes', 'Bytes of stored responses, over all workers', ['dictionary'])
      .with(config.memory.dictionary_name);
    const store: CacheStore =
      config.strategy === 'redis'
        ? new RedisStore(openSharedState(config.redis, kit))
        : kit.keep(
            `memory:${config.memory.dictionary_name}:${config.memory.max_bytes}`,
            () => new MemoryStore(config.memory.max_bytes ?? 33_554_432, (held) => bytes.set(held)),
            (kept) => kept.clear(),
          );
    const flights = kit.keep(
      'flights',
      () => new Flights(),
      () => {},
    );

    function access(exchange: AccessExchange): void | Promise<void> {
      const { request } = exchange;
      const isRead = request.method === 'GET' || request.method === 'HEAD';
      const control = new CacheControl(obeys ? request.headers.getAll('cache-control') : []);
      if (!methods.has(request.method) || mayNotAsk(exchange, control)) {
        exchange.note(NAME, { status: 'Bypass', key: undefined, age: undefined } satisfies Outcome);
        if (!SAFE.has(request.method)) exchange.watchResponse(new Invalidation(exchange));
        return;
      }
      // A body takes part in the key; requests to read have none as a rule.
      if (isRead && !hasBody(exchange)) return look(ask(exchange, control, undefined));
      return request.readBody(maxBytes).then((body) => {
        if (body !== null) return look(ask(exchange, control, body));
        exchange.note(NAME, { status: 'Bypass', key: undefined, age: undefined } satisfies Outcome);
        return undefined;
      });
    }

    function mayNotAsk(exchange: AccessExchange, control: CacheControl): boolean {
      const { headers } = exchange.request;
      if (headers.has('upgrade')) return true;
      if (!obeys) {
        return headers.has('authorization') && exchange.consumer === undefined && !authorizationIsKeyed;
      }
      if (control.has('no-store') || control.has('no-cache')) return true;
      return (
        !headers.has('cache-control') && (headers.get('pragma') ?? '').toLowerCase().includes('no-cache')
      );
    }

    function ask(exchange: AccessExchange, control: CacheControl, body: Buffer | undefined): Asked {
      const { request } = exchange;
      const primary = primaryKey(exchange, keyRules, request.method, body);
      const outcome: Outcome = { status: 'Miss', key: primary, age: undefined };
      exchange.note(NAME, outcome);
      return {
        exchange,
        outcome,
        primary,
        resource: resourceKey(request, request.path),
        control,
        at: kit.now(),
      };
    }

    /** Looks for what is stored: a HEAD for what a GET has brought, and then for its own. */
    function look(asked: Asked): void | Promise<void> {
      const found =
        asked.exchange.request.method === 'HEAD'
          ? find(asked, primaryKey(asked.exchange, keyRules, 'GET', undefined), (response) =>
              response !== undefined && isUsable(asked, response)
                ? response
                : find(asked, asked.primary, keep),
            )
          : find(asked, asked.primary, keep);
      return found instanceof Promise
        ? found.then((response) => proceed(asked, response))
        : proceed(asked, found);
    }

    type Found = StoredResponse | undefined;
    const keep = (response: Found): Found => response;

    function find(
      asked: Asked,
      key: string,
      then: (response: Found) => Found | Promise<Found>,
    ): Found | Promise<Found> {
      const { exchange, resource } = asked;
      const got = store.get(key, resource, kit.now());
      const second = (stored: Stored | undefined): Found | Promise<Found> => {
        if (stored?.kind !== 'variants') return then(stored);
        const variant = variantKey(key, stored.names, exchange.request.headers);
        const response = store.get(variant, resource, kit.now());
        const only = (one: Stored | undefined): Found => (one?.kind === 'response' ? one : undefined);
        return response instanceof Promise ? response.then((one) => then(only(one))) : then(only(response));
      };
      return got instanceof Promise ? got.then(second) : second(got);
    }

    function ageOf(response: StoredResponse, nowMs: number): number {
      return response.initialAge + Math.max(0, nowMs - response.storedAt) / 1000;
    }

    /** Fresh, by what the client accepts as well (RFC 9111 5.2.1). */
    function isUsable(asked: Asked, response: StoredResponse): boolean {
      const age = ageOf(response, kit.now());
      if (!obeys) return age < response.lifetime;
      const { control } = asked;
      const maxAge = control.seconds('max-age');
      if (maxAge !== undefined && age > maxAge) return false;
      if (age + (control.seconds('min-fresh') ?? 0) < response.lifetime) return true;
      if (response.mustRevalidate || !control.has('max-stale') || control.has('min-fresh')) return false;
      const stale = age - response.lifetime;
      return control.isUnqualified('max-stale') || stale <= (control.seconds('max-stale') ?? 0);
    }

    function proceed(asked: Asked, response: Found): void | Promise<void> {
      if (response !== undefined) {
        if (isUsable(asked, response)) return serve(asked, response, 'Hit');
        if (obeys && mayRevalidateLater(asked, response)) {
          revalidateLater(asked, response);
          return serve(asked, response, 'Hit');
        }
      }
      if (obeys && asked.control.has('only-if-cached')) {
        asked.exchange.fail(504, 'Gateway Timeout');
        return;
      }
      // A part of a response is not waited for by others, and neither is what is known not to be storable.
      const { headers } = asked.exchange.request;
      if (lockMs === 0 || headers.has('range') || flights.isFutile(asked.primary, asked.at)) {
        fetch(asked, response, false);
        return;
      }
      const under = flights.board(asked.primary);
      if (under === undefined) fetch(asked, response, true);
      else return follow(asked, under);
    }

    /** Waits for the one who fetches the same; leads when that one has failed; goes alone when it takes too long. */
    async function follow(asked: Asked, first: Promise<Landing>): Promise<void> {
      let under = first;
      const deadline = performance.now() + lockMs;
      for (;;) {
        const landing = await landingWithin(under, Math.max(0, deadline - performance.now()));
        const response = await find(asked, asked.primary, keep);
        if (response !== undefined && isUsable(asked, response)) return serve(asked, response, 'Hit');
        if (landing !== 'failed') return fetch(asked, response, false);
        const next = flights.board(asked.primary);
        if (next === undefined) return fetch(asked, response, true);
        under = next;
      }
    }

    function serve(asked: Asked, response: StoredResponse, status: 'Hit'): void {
      const { exchange, outcome } = asked;
      const { body, ...answer } = answerOf(asked, response);
      outcome.status = status;
      exchange.exit(answer.status, body, answer);
    }

    function answerOf(asked: Asked, response: StoredResponse): Answer {
      const { request } = asked.exchange;
      const selected = select(response, request.method, request.headers, kit.now());
      asked.outcome.age = Math.floor(ageOf(response, kit.now()));
      const { status, headers, body, contentLength } = selected;
      return contentLength < 0 ? { status, headers, body } : { status, headers, body, contentLength };
    }

    function mayRevalidateLater(asked: Asked, response: StoredResponse): boolean {
      if (asked.control.has('max-age') || asked.control.has('min-fresh')) return false;
      return ageOf(response, kit.now()) - response.lifetime <= response.staleWhileRevalidate - 1e-9;
    }

    /** The client gets the stale one now; what the upstream says is for the next. */
    function revalidateLater(asked: Asked, response: StoredResponse): void {
      if (flights.board(asked.primary) !== undefined) return;
      const { exchange } = asked;
      const { headers } = exchange.request;
      const own = CONDITIONS.map((name) => [name, headers.getAll(name)] as const);
      const range = headers.getAll('range');
      headers.remove('range');
      const conditional = setConditions(exchange, response);
      if (!exchange.askAgain(recorder(asked, response, conditional, true, true)))
        flights.land(asked.primary, 'failed', kit.now());
      // The client's own conditions still decide what it gets.
      for (const [name, values] of [...own, ['range', range] as const]) {
        headers.remove(name);
        for (const value of values) headers.append(name, value);
      }
    }

    /** True when the upstream can say that the stored response is still right. */
    function setConditions(exchange: AccessExchange, response: StoredResponse): boolean {
      const { headers } = exchange.request;
      const etag = headerOf(response, 'etag');
      const modified = headerOf(response, 'last-modified');
      for (const name of CONDITIONS) headers.remove(name);
      if (etag !== undefined) headers.set('If-None-Match', etag);
      if (modified !== undefined) headers.set('If-Modified-Since', modified);
      return etag !== undefined || modified !== undefined;
    }

    function fetch(asked: Asked, stale: Found, leads: boolean): void {
      const { exchange, outcome } = asked;
      const { request } = exchange;
      if (stale !== undefined) outcome.status = 'Refresh';
      // A part, or what a client makes depend on its own copy, is for the upstream to answer.
      const whole = !request.headers.has('range') && !CONDITIONS.some((name) => request.headers.has(name));
      const conditional = stale !== undefined && whole && obeys && setConditions(exchange, stale);
      try {
        exchange.watchResponse(recorder(asked, stale, conditional, leads, false));
      } catch (error) {
        // The client has left while this one waited: others must not wait for it.
        if (leads) flights.land(asked.primary, 'failed', kit.now());
        throw error;
      }
    }

    function recorder(
      asked: Asked,
      stale: Found,
      conditional: boolean,
      leads: boolean,
      behind: boolean,
    ): Recorder {
      const { exchange, outcome, primary, resource, control } = asked;
      const { request } = exchange;
      const names = new Map<string, string>();
      // The exchange is over before a revalidation behind its back is: what Vary may name is taken now.
      request.headers.forEach((name, value) => {
        const lower = name.toLowerCase();
        const known = names.get(lower);
        names.set(lower, known === undefined ? value : `${known}, ${value}`);
      });
      const asRequested = { getAll: (name: string) => (names.has(name) ? [names.get(name)!] : []) };
      return new Recorder({
        rules,
        facts: {
          hasAuthorization: request.headers.has('authorization'),
          authorizationIsKeyed: authorizationIsKeyed || exchange.consumer !== undefined,
        },
        method: request.method,
        maxBytes,
        askedAt: asked.at,
        now: kit.now,
        stale,
        clientStaleIfError: control.seconds('stale-if-error') ?? 0,
        conditional,
        store: (response, vary) => keepResponse(primary, resource, response, vary, asRequested),
        forget: () => void settle(store.delete(primary)),
        decided: (storable) => {
          if (!storable && !behind && outcome.age === undefined) outcome.status = 'Bypass';
        },
        landed: (landing) => {
          if (leads) flights.land(primary, landing, kit.now());
        },
        answerWith: (response, status) => {
          // The exchange is over, and its request another's by now.
          if (behind) return NO_ANSWER;
          // Ours, not the client's: it had none.
          if (conditional) for (const name of CONDITIONS) request.headers.remove(name);
          const answer = answerOf(asked, response);
          outcome.status = status === 'Stale' ? 'Hit' : 'Refresh';
          return answer;
        },
      });
    }

    function keepResponse(
      primary: string,
      resource: string,
      response: StoredResponse,
      vary: readonly string[],
      request: { getAll(name: string): string[] },
    ): void {
      const nowMs = kit.now();
      if (vary.length === 0) {
        store.set(primary, response, nowMs);
        return;
      }
      const variant = variantKey(primary, vary, request);
      const known = store.get(primary, resource, nowMs);
      const write = (stored: Stored | undefined): void => {
        const sameNames =
          stored?.kind === 'variants' && stored.names.join('\n') === vary.join('\n') ? stored.keys : [];
        const keys = [...sameNames.filter((key) => key !== variant), variant];
        for (const old of keys.splice(0, Math.max(0, keys.length - maxVariants))) settle(store.delete(old));
        if (stored?.kind === 'variants' && sameNames.length === 0)
          for (const old of stored.keys) if (old !== variant) settle(store.delete(old));
        const keepUntil = nowMs + MAX_KEEP_SECONDS * 1000;
        store.set(primary, { kind: 'variants', names: vary, keys, keepUntil }, nowMs);
        store.set(variant, response, nowMs);
      };
      if (known instanceof Promise) void known.then(write);
      else write(known);
    }

    /** RFC 9111 4.4: what an unsafe method has changed is no longer what is stored. */
    class Invalidation {
      readonly #resource: string;
      readonly #request: AccessExchange['request'];
      constructor(exchange: AccessExchange) {
        this.#request = exchange.request;
        this.#resource = resourceKey(exchange.request, exchange.request.path);
      }
      head(status: number, headers: { get(name: string): string | undefined }): undefined {
        if (status < 200 || status >= 400) return;
        store.invalidate(this.#resource, kit.now());
        for (const name of ['location', 'content-location']) {
          const path = ownPath(headers.get(name), this.#request);
          if (path !== undefined) store.invalidate(resourceKey(this.#request, path), kit.now());
        }
      }
      piece(): void {}
      ended(): void {}
      failed(): undefined {}
    }

    const instance: PluginInstance = {
      access,
      response(exchange) {
        const outcome = exchange.noted(NAME) as Outcome | undefined;
        if (outcome === undefined) return;
        const { status, key, age } = outcome;
        const { headers } = exchange.response;
        counted[status].add(1);
        if (show['X-Cache-Status']) headers.set('X-Cache-Status', status);
        if (show['X-Cache-Key'] && key !== undefined) headers.set('X-Cache-Key', key);
        // RFC 9111 5.1: what comes from a cache says how old it is.
        if (age !== undefined && (show.age || obeys)) headers.set('Age', String(age));
      },
      operate: (operation, key) => operate(store, operation, key, kit.now()),
    };
    return instance;
  },
});

function hasBody(exchange: AccessExchange): boolean {
  const { headers } = exchange.request;
  return headers.has('transfer-encoding') || (headers.get('content-length') ?? '0') !== '0';
}

function settle(work: boolean | Promise<boolean>): void {
  if (work instanceof Promise) work.catch(() => {});
}

/** The path of a reference to the same origin. */
function ownPath(reference: string | undefined, request: AccessExchange['request']): string | undefined {
  if (reference === undefined) return undefined;
  const port = namedPort(request);
  const base = `${request.scheme}://${request.host}${port === '' ? '' : `:${port}`}`;
  if (!URL.canParse(reference, base + request.path)) return undefined;
  const url = new URL(reference, base + request.path);
  return url.origin === new URL(base).origin ? url.pathname : undefined;
}
