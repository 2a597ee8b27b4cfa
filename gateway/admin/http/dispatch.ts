/**
 * From an HTTP request to an endpoint and back: splits and decodes the path, finds the endpoint, answers
 * `OPTIONS`, `HEAD`, unknown paths and methods, turns what endpoints throw into Kong's error bodies.
 */
import type { Request, RequestHandler, Response } from 'express';
import type { Logger } from '../../../shared/observe/logger.ts';
import { RequestBody, readOctets, requireOneContentType } from '../body/request-body.ts';
import { type Answer, METHOD_NOT_ALLOWED, message, NO_CONTENT, NOT_FOUND } from './answer.ts';
import type { AdminCall } from './call.ts';
import { type EndpointTable, type FoundEndpoint, METHODS, type Method } from './endpoint-table.ts';
import { errorAnswer } from './error-answer.ts';
import { percentDecode } from './percent.ts';
import { Query } from './query.ts';

export interface DispatchOptions {
  readonly table: EndpointTable;
  readonly maxBodyBytes: number;
  /** Parameters whose values are secret (a key by which a credential is addressed). */
  readonly secretParameters: ReadonlySet<string>;
  readonly log: Logger;
}

const MAX_SEGMENTS = 16;
const LONGEST_SUMMARY = 200;
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

export function dispatch(options: DispatchOptions): RequestHandler {
  return async (request, response) => {
    let answer: Answer;
    try {
      answer = await answerTo(request, response, options);
    } catch (error) {
      answer = errorAnswer(error, options.log);
    }
    send(response, answer);
  };
}

async function answerTo(request: Request, response: Response, options: DispatchOptions): Promise<Answer> {
  const question = request.url.indexOf('?');
  const path = question === -1 ? request.url : request.url.slice(0, question);
  const segments = pathSegments(path);
  if (segments === undefined) return message(400, 'invalid utf-8 character sequence in the path');
  const found = options.table.find(segments);
  if (found === undefined) return NOT_FOUND;
  const { endpoint, values } = found;
  if (request.method === 'OPTIONS') {
    return {
      ...NO_CONTENT,
      headers: {
        Allow: endpoint.allow,
        'Access-Control-Allow-Methods': endpoint.allow,
        'Access-Control-Allow-Headers': request.get('access-control-request-headers') ?? 'Content-Type',
      },
    };
  }
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const handler = METHODS.includes(method as Method) ? endpoint.methods[method as Method] : undefined;
  if (handler === undefined) return { ...METHOD_NOT_ALLOWED, headers: { Allow: endpoint.allow } };
  if (method !== 'GET') requireOneContentType(request);
  let octets: Promise<Buffer> | undefined;
  const rawBody = () => (octets ??= readOctets(request, response, options.maxBodyBytes));
  const call: AdminCall = {
    method,
    values,
    query: new Query(question === -1 ? '' : request.url.slice(question + 1)),
    actor: request.actor?.name ?? 'local',
    summary: summaryOf(method, found, options.secretParameters),
    contentType: request.headers['content-type'],
    rawBody,
    body: () => RequestBody.of(request.headers['content-type'], rawBody),
  };
  return handler(call);
}

/**
 * The decoded segments; a trailing slash does not count, and the workspace `default` (the only one there is) may
 * stand in front. Undefined when a segment is not UTF-8; too many give a path that nothing has.
 */
function pathSegments(path: string): readonly string[] | undefined {
  const raw = path.split('/', MAX_SEGMENTS + 2).slice(1);
  if (raw[raw.length - 1] === '') raw.pop();
  if (raw[0] === 'default') raw.shift();
  const segments: string[] = [];
  for (const segment of raw) {
    const decoded = percentDecode(segment);
    if (decoded === undefined) return undefined;
    segments.push(decoded);
  }
  return segments;
}

function summaryOf(method: string, { endpoint, values }: FoundEndpoint, secret: ReadonlySet<string>): string {
  let next = 0;
  const path = endpoint.path.replace(/\{[^}]+\}/g, () => {
    const value = values[next] as string;
    const shown = secret.has(endpoint.parameters[next] as string) && !UUID.test(value) ? '***' : value;
    next++;
    return encodeURIComponent(shown.toWellFormed());
  });
  return `${method} ${path}`.slice(0, LONGEST_SUMMARY);
}

function send(response: Response, answer: Answer): void {
  // The client may have gone, or the body may have been cut off.
  if (response.headersSent || response.destroyed) return;
  response.status(answer.status);
  if (answer.headers !== undefined) response.set(answer.headers);
  if (answer.text !== undefined) response.end(answer.text);
  else if (answer.body === undefined) response.end();
  else response.json(answer.body);
}
