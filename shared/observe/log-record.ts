/**
 * One finished exchange as the JSON object that Kong's log serializer makes, on one line. Built by
 * concatenation: what belongs to an entity is serialised once per entity, header names once per name.
 *
 * Credentials never get in: `Authorization` and `Proxy-Authorization` are replaced, and every form of the
 * query (`querystring`, `uri`, `url`) is made from what the plugins have left of it, so that a key that
 * was hidden from the upstream is hidden from the log as well.
 */

import type { Consumer, PluginEntity, Route, Service } from '../config/entities.ts';
import { FieldLines } from '../http/field-lines.ts';
import type { Headers } from '../http/headers.ts';
import type { Attempt, FinishedExchange } from '../plugins/contract.ts';
import { headerJsonBound, isFastHeaderJson } from './header-json.ts';
import { constant, JsonBytes, MOST_PER_CHARACTER } from './json-bytes.ts';
import { asciiJson, escaped, needsEscape, quote } from './json-text.ts';
import { queryJson } from './query-json.ts';

/** Kong's default workspace. */
const WORKSPACE = constant(',"workspace":"0dc6f45b-8f8d-40d2-a504-473544ee190b","workspace_name":"default"}');
const RESERVED = new Set([
  'request',
  'upstream_uri',
  'upstream_status',
  'response',
  'latencies',
  'tries',
  'authenticated_entity',
  'route',
  'service',
  'consumer',
  'client_ip',
  'started_at',
  'source',
  'workspace',
  'workspace_name',
]);

const ID = constant('{"request":{"id":"');
const URI = constant('","uri":"');
const URL_ = constant('","url":"');
const QUERY = constant('","querystring":');
const METHOD = constant(',"method":"');
const HEADERS = constant('","headers":');
const SIZE = constant(',"size":');
const UPSTREAM_URI = constant('},"upstream_uri":"');
const UPSTREAM_STATUS = constant('","upstream_status":"');
const RESPONSE = constant('","response":{"status":');
const RESPONSE_HEADERS = constant(',"headers":');
const LATENCIES = constant('},"latencies":{"kong":');
const PROXY = constant(',"proxy":');
const TOTAL = constant(',"request":');
const RECEIVE = constant(',"receive":');
const TRIES = constant('},"tries":[');
const TRY = constant('{"ip":"');
const NEXT_TRY = constant(',{"ip":"');
const PORT = constant('","port":');
const BALANCER_START = constant(',"balancer_start":');
const BALANCER_START_NS = constant(',"balancer_start_ns":');
const MS_AS_NS = constant('000000');
const BALANCER_LATENCY = constant(',"balancer_latency":');
const BALANCER_LATENCY_NS = constant(',"balancer_latency_ns":');
const FAILED = constant(',"state":"failed","code":');
const CLIENT_IP = constant(',"client_ip":"');
const STARTED_AT = constant('","started_at":');
const FROM_UPSTREAM = constant(',"source":"upstream"');
const FROM_KONG = constant(',"source":"kong"');
const EMPTY_OBJECT = constant('{}');
const MINUS_ONE = constant('-1');

/** Bytes that the constants and the numbers of a record may take, tries not counted. */
const AROUND = 1024;
const PER_TRY = 256;

const line = new JsonBytes();

/** The record as JSON, valid until the next call. No line feed at the end. */
export function logRecordBytes(exchange: FinishedExchange): JsonBytes {
  const { request, client, response, timings, route, service, consumer, credential, attempts } = exchange;
  const uri = visibleTarget(request.target, request.query);
  const upstreamUri = exchange.upstreamTarget ?? '';
  const query = request.query === '' ? '' : queryJson(request.query);
  const tls = client.tls === undefined ? '' : tlsJson(client.tls);
  const requestHeaders = fastHeaders(request.headers);
  const responseHeaders = fastHeaders(response.headers);
  const requestHeadersText = requestHeaders === undefined ? headersJson(request.headers) : '';
  const responseHeadersText = responseHeaders === undefined ? headersJson(response.headers) : '';
  const fields = fieldsJson(exchange.logFields);
  const owner = credential === undefined ? undefined : entityBytes(credential, credentialText);
  const routeBytes = route === undefined ? undefined : entityBytes(route, routeText);
  const serviceBytes = service === undefined ? undefined : entityBytes(service, serviceText);
  const consumerBytes = consumer === undefined ? undefined : entityBytes(consumer, consumerText);
  line.start(
    AROUND +
      MOST_PER_CHARACTER *
        (2 * uri.length + request.host.length + upstreamUri.length + request.method.length) +
      query.length +
      tls.length +
      (requestHeaders === undefined ? requestHeadersText.length : headerJsonBound(requestHeaders)) +
      (responseHeaders === undefined ? responseHeadersText.length : headerJsonBound(responseHeaders)) +
      attempts.length * PER_TRY +
      (owner?.length ?? 0) +
      (routeBytes?.length ?? 0) +
      (serviceBytes?.length ?? 0) +
      (consumerBytes?.length ?? 0) +
      (fields?.length ?? 0),
  );

  line.raw(ID);
  line.ascii(exchange.id);
  line.raw(URI);
  line.text(uri);
  line.raw(URL_);
  line.ascii(request.scheme);
  line.ascii('://');
  line.text(authority(request.host));
  line.ascii(':');
  line.integer(request.port);
  line.text(uri);
  line.raw(QUERY);
  if (query === '') line.raw(EMPTY_OBJECT);
  else line.ascii(query);
  line.raw(METHOD);
  line.text(request.method);
  line.raw(HEADERS);
  addHeaders(requestHeaders, requestHeadersText, request.headers);
  line.raw(SIZE);
  line.integer(exchange.bytesReceived);
  line.ascii(tls);
  line.raw(UPSTREAM_URI);
  line.text(upstreamUri);
  line.raw(UPSTREAM_STATUS);
  addStatuses(attempts, exchange.upstreamStatus);
  line.raw(RESPONSE);
  line.integer(response.status);
  line.raw(RESPONSE_HEADERS);
  addHeaders(responseHeaders, responseHeadersText, response.headers);
  line.raw(SIZE);
  line.integer(exchange.bytesSent);
  line.raw(LATENCIES);
  line.milliseconds(timings.gateway < 0 ? timings.total : timings.gateway);
  line.raw(PROXY);
  if (timings.upstream < 0) line.raw(MINUS_ONE);
  else line.milliseconds(timings.upstream);
  line.raw(TOTAL);
  line.milliseconds(timings.total);
  line.raw(RECEIVE);
  line.milliseconds(Math.max(0, timings.receive));
  line.raw(TRIES);
  for (let k = 0; k < attempts.length; k++) addTry(attempts[k]!, k === 0 ? TRY : NEXT_TRY);
  line.ascii(']');
  if (owner !== undefined) line.raw(owner);
  if (routeBytes !== undefined) line.raw(routeBytes);
  if (serviceBytes !== undefined) line.raw(serviceBytes);
  if (consumerBytes !== undefined) line.raw(consumerBytes);
  line.raw(CLIENT_IP);
  line.text(client.ip);
  line.raw(STARTED_AT);
  line.integer(Math.trunc(exchange.startedAt));
  line.raw(response.source === 'upstream' ? FROM_UPSTREAM : FROM_KONG);
  line.ascii(fields ?? '');
  line.raw(WORKSPACE);
  if (fields === undefined) {
    const whole = withNestedFields(line.toString(), exchange.logFields);
    line.start(whole.length);
    line.ascii(whole);
  }
  return line;
}

/** The record as one text. */
export function logRecord(exchange: FinishedExchange): string {
  return logRecordBytes(exchange).toString();
}

/** Sections of the proxy can be written from what was parsed. */
function fastHeaders(headers: Headers): FieldLines | undefined {
  return headers instanceof FieldLines && isFastHeaderJson(headers) ? headers : undefined;
}

function addHeaders(fast: FieldLines | undefined, text: string, headers: Headers): void {
  if (fast === undefined) {
    line.ascii(text);
    return;
  }
  if (line.headers(fast)) return;
  // Escapes and repeated names are longer than what was reserved: the line so far moves to a larger buffer.
  const slow = headersJson(headers);
  line.grow(slow.length);
  line.ascii(slow);
}

function addStatuses(attempts: readonly Attempt[], last: number | undefined): void {
  let first = true;
  for (let k = 0; k < attempts.length; k++) {
    const { failure } = attempts[k]!;
    if (failure === undefined) continue;
    if (!first) line.ascii(', ');
    first = false;
    line.integer(failure.status);
  }
  if (last === undefined) return;
  if (!first) line.ascii(', ');
  line.integer(last);
}

function addTry(attempt: Attempt, start: Uint8Array): void {
  const startedAt = Math.trunc(attempt.balancerStart);
  line.raw(start);
  line.text(attempt.ip);
  line.raw(PORT);
  line.integer(attempt.port);
  line.raw(BALANCER_START);
  line.integer(startedAt);
  line.raw(BALANCER_START_NS);
  line.integer(startedAt);
  if (startedAt !== 0) line.raw(MS_AS_NS);
  line.raw(BALANCER_LATENCY);
  line.milliseconds(attempt.balancerLatencyMs);
  line.raw(BALANCER_LATENCY_NS);
  line.integer(Math.round(attempt.balancerLatencyMs * 1e6));
  if (attempt.failure !== undefined) {
    line.raw(FAILED);
    line.integer(attempt.failure.status);
  }
  line.ascii('}');
}

function tlsJson(tls: NonNullable<FinishedExchange['client']['tls']>): string {
  return `,"tls":{"version":${quote(tls.version)},"cipher":${quote(tls.cipher)},"client_verify":"NONE"}`;
}

let fieldsText = '';

function addField(value: unknown, name: string): void {
  const json = typeof value === 'string' ? quote(value) : jsonOrUndefined(value);
  if (json !== undefined) fieldsText += ',' + quote(name) + ':' + json;
}

/** Undefined when a name goes into the record or replaces a part of it. */
function fieldsJson(fields: ReadonlyMap<string, unknown>): string | undefined {
  if (fields.size === 0) return '';
  for (const name of fields.keys()) if (RESERVED.has(name) || name.includes('.')) return undefined;
  fieldsText = '';
  fields.forEach(addField);
  return fieldsText;
}

/** A field may replace one of the record's own, and a dotted name goes into it (`\.` is a plain dot). Rare. */
function withNestedFields(text: string, fields: ReadonlyMap<string, unknown>): string {
  const record: Record<string, unknown> = JSON.parse(text);
  for (const [name, value] of fields) {
    const path = name.split(/(?<!\\)\./).map((step) => step.replaceAll('\\.', '.'));
    let place = record;
    for (const step of path.slice(0, -1)) {
      const below = Object.hasOwn(place, step) ? place[step] : undefined;
      if (typeof below === 'object' && below !== null) place = below as Record<string, unknown>;
      else place = define(place, step, {}) as Record<string, unknown>;
    }
    const json = jsonOrUndefined(value);
    define(place, path.at(-1)!, json === undefined ? undefined : JSON.parse(json));
  }
  return asciiJson(record)!;
}

/** Assignment that makes an own property also of `__proto__`. */
function define(object: object, name: string, value: unknown): unknown {
  Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
  return value;
}

function jsonOrUndefined(value: unknown): string | undefined {
  try {
    return asciiJson(value);
  } catch {
    return undefined;
  }
}

/** The request target with the query as it is now. */
function visibleTarget(target: string, query: string): string {
  const mark = target.indexOf('?');
  if (mark === -1) return query === '' ? target : target + '?' + query;
  const rest = target.length - mark - 1;
  if (rest === query.length && target.endsWith(query)) return target;
  return query === '' ? target.slice(0, mark) : target.slice(0, mark + 1) + query;
}

function authority(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? '[' + host + ']' : host;
}

/** What an entity contributes, made at its first request. */
const bytesOfEntities = new WeakMap<object, Buffer>();

function entityBytes<E extends object>(entity: E, make: (entity: E) => string): Buffer {
  let bytes = bytesOfEntities.get(entity);
  if (bytes === undefined) bytesOfEntities.set(entity, (bytes = Buffer.from(make(entity), 'latin1')));
  return bytes;
}

const routeText = (route: Route) => ',"route":' + asciiJson(route);
const serviceText = (service: Service) => ',"service":' + asciiJson(service);
const consumerText = (consumer: Consumer) => ',"consumer":' + asciiJson(consumer);
const credentialText = (credential: PluginEntity) =>
  ',"authenticated_entity":' + asciiJson({ id: credential.id, consumer_id: credential.consumer?.id });

/** A header name: one object for all spellings of it. */
interface HeaderKey {
  readonly name: string;
  /** `"name":"`, and with a comma before it. */
  readonly first: string;
  readonly next: string;
  readonly redacted: boolean;
  /** The header section it was last seen in. */
  section: number;
}

/** By name as written, and by lower-case name. Bounded, because clients choose names. */
const headerKeys = new Map<string, HeaderKey>();
const MAX_HEADER_KEYS = 2_000;

function headerKey(written: string): HeaderKey {
  const known = headerKeys.get(written);
  if (known !== undefined) return known;
  const name = written.toLowerCase();
  let key = headerKeys.get(name);
  if (key === undefined) {
    const first = quote(name) + ':"';
    const redacted = name === 'authorization' || name === 'proxy-authorization';
    key = { name, first, next: ',' + first, redacted, section: 0 };
    // A name that is not kept could repeat unnoticed.
    if (headerKeys.size >= MAX_HEADER_KEYS) repeated = true;
  }
  if (headerKeys.size < MAX_HEADER_KEYS) headerKeys.set(name, key).set(written, key);
  return key;
}

// The header section that is being written.
let section = 0;
let sectionText = '';
let repeated = false;

function addLine(written: string, value: string): void {
  const key = headerKey(written);
  if (key.section === section) repeated = true;
  key.section = section;
  const shown = key.redacted ? 'REDACTED' : needsEscape(value) ? escaped(value) : value;
  sectionText += (sectionText === '' ? key.first : key.next) + shown + '"';
}

function headersJson(headers: Headers): string {
  section++;
  sectionText = '';
  repeated = false;
  headers.forEach(addLine);
  return repeated ? repeatedHeadersJson(headers) : '{' + sectionText + '}';
}

/** A repeated header is an array at the place of its first line. */
function repeatedHeadersJson(headers: Headers): string {
  const values = new Map<string, string[]>();
  headers.forEach((written, value) => {
    const key = headerKey(written);
    const list = values.get(key.name);
    if (list === undefined) values.set(key.name, [key.redacted ? 'REDACTED' : value]);
    else if (!key.redacted) list.push(value);
  });
  let text = '';
  for (const [name, list] of values) {
    text += (text === '' ? '' : ',') + quote(name) + ':';
    text += list.length === 1 ? quote(list[0]!) : asciiJson(list);
  }
  return '{' + text + '}';
}
