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
import { HEADER_JSON_BYTES, headerJsonBound, writeHeaderJson } from './header-json.ts';
import { asciiJson, escaped, needsEscape, quote } from './json-text.ts';
import { queryJson } from './query-json.ts';
import { RecordPieces } from './record-pieces.ts';

/** Kong's default workspace. */
const WORKSPACE = ',"workspace":"0dc6f45b-8f8d-40d2-a504-473544ee190b","workspace_name":"default"}';
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

const pieces = new RecordPieces();

/** The record in pieces, valid until the next call. No line feed at the end. */
export function logRecordPieces(exchange: FinishedExchange): RecordPieces {
  const { request, client, response, timings, route, service, consumer, credential } = exchange;
  pieces.reset();
  const uri = visibleTarget(request.target, request.query);
  const uriJson = quote(uri);
  let text = '{"request":{"id":"' + exchange.id + '","uri":' + uriJson;
  const origin = quote(request.scheme + '://' + authority(request.host) + ':');
  text += ',"url":' + origin.slice(0, -1) + request.port + uriJson.slice(1);
  text += ',"querystring":' + queryJson(request.query) + ',"method":' + quote(request.method);
  pieces.addText(text + ',"headers":');
  addHeaders(request.headers, requestHeaders);
  text = ',"size":' + exchange.bytesReceived;
  if (client.tls !== undefined) {
    text += ',"tls":{"version":' + quote(client.tls.version) + ',"cipher":' + quote(client.tls.cipher);
    text += ',"client_verify":"NONE"}';
  }
  text += '},"upstream_uri":' + quote(exchange.upstreamTarget ?? '');
  text += ',"upstream_status":"' + upstreamStatuses(exchange.attempts, exchange.upstreamStatus) + '"';
  pieces.addText(text + ',"response":{"status":' + response.status + ',"headers":');
  addHeaders(response.headers, responseHeaders);
  text = ',"size":' + exchange.bytesSent + '}';
  text += ',"latencies":{"kong":' + milliseconds(timings.gateway < 0 ? timings.total : timings.gateway);
  text += ',"proxy":' + (timings.upstream < 0 ? '-1' : milliseconds(timings.upstream));
  text += ',"request":' + milliseconds(timings.total);
  text += ',"receive":' + (timings.receive < 0 ? '0' : milliseconds(timings.receive)) + '}';
  pieces.addText(text + ',"tries":' + triesJson(exchange.attempts));
  if (credential !== undefined) addEntity(credential, credentialText);
  if (route !== undefined) addEntity(route, routeText);
  if (service !== undefined) addEntity(service, serviceText);
  if (consumer !== undefined) addEntity(consumer, consumerText);
  text = ',"client_ip":' + quote(client.ip) + ',"started_at":' + Math.trunc(exchange.startedAt);
  text += response.source === 'upstream' ? ',"source":"upstream"' : ',"source":"kong"';
  const fields = fieldsJson(exchange.logFields);
  pieces.addText(text + (fields ?? '') + WORKSPACE);
  if (fields === undefined) {
    const whole = withNestedFields(pieces.toString(), exchange.logFields);
    pieces.reset();
    pieces.addText(whole);
  }
  return pieces;
}

/** The record as one text. */
export function logRecord(exchange: FinishedExchange): string {
  return logRecordPieces(exchange).toString();
}

/** Header sections as JSON, kept until the line is written. */
const requestHeaders = Buffer.allocUnsafeSlow(HEADER_JSON_BYTES);
const responseHeaders = Buffer.allocUnsafeSlow(HEADER_JSON_BYTES);

function addHeaders(headers: Headers, buffer: Buffer): void {
  if (headers instanceof FieldLines && headerJsonBound(headers) <= buffer.length) {
    const length = writeHeaderJson(headers, buffer);
    if (length > 0) {
      pieces.addBytes(buffer, length);
      return;
    }
  }
  pieces.addText(headersJson(headers));
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

function upstreamStatuses(attempts: readonly Attempt[], last: number | undefined): string {
  let text = '';
  for (const attempt of attempts) {
    if (attempt.failure !== undefined) text += (text === '' ? '' : ', ') + attempt.failure.status;
  }
  if (last !== undefined) text += (text === '' ? '' : ', ') + last;
  return text;
}

function triesJson(attempts: readonly Attempt[]): string {
  if (attempts.length === 0) return '[]';
  let text = '[';
  for (const attempt of attempts) {
    if (text.length > 1) text += ',';
    const start = Math.trunc(attempt.balancerStart);
    text += '{"ip":' + quote(attempt.ip) + ',"port":' + attempt.port + ',"balancer_start":' + start;
    text += ',"balancer_start_ns":' + start * 1e6;
    text += ',"balancer_latency":' + milliseconds(attempt.balancerLatencyMs);
    text += ',"balancer_latency_ns":' + Math.round(attempt.balancerLatencyMs * 1e6);
    if (attempt.failure !== undefined) text += ',"state":"failed","code":' + attempt.failure.status;
    text += '}';
  }
  return text + ']';
}

/** What an entity contributes, made at its first request. */
const bytesOfEntities = new WeakMap<object, Buffer>();

function addEntity<E extends object>(entity: E, make: (entity: E) => string): void {
  let bytes = bytesOfEntities.get(entity);
  if (bytes === undefined) bytesOfEntities.set(entity, (bytes = Buffer.from(make(entity), 'latin1')));
  pieces.addBytes(bytes, bytes.length);
}

const routeText = (route: Route) => ',"route":' + asciiJson(route);
const serviceText = (service: Service) => ',"service":' + asciiJson(service);
const consumerText = (consumer: Consumer) => ',"consumer":' + asciiJson(consumer);
const credentialText = (credential: PluginEntity) =>
  ',"authenticated_entity":' + asciiJson({ id: credential.id, consumer_id: credential.consumer?.id });

const HUNDREDTHS = Array.from({ length: 100 }, (_, index) =>
  index === 0 ? '' : index % 10 === 0 ? `.${index / 10}` : `.${String(index).padStart(2, '0')}`,
);

/** Milliseconds to a hundredth; from two integers, because formatting a fraction costs ten times as much. */
function milliseconds(value: number): string {
  const hundredths = Math.round(value * 100);
  const whole = Math.floor(hundredths / 100);
  return whole + HUNDREDTHS[hundredths - whole * 100]!;
}

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
