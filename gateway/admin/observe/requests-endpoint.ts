/** `GET /_cardinal/requests`: requests that were kept because they were sampled, slow, refused or watched. */
import type { Request, Response } from 'express';
import type { KeptBecause } from '../../../shared/observe/requests/request-record.ts';
import type { ObserveContext } from './context.ts';
import { filterArgument } from './filter-argument.ts';
import { QueryReader } from './query.ts';

const REASONS: readonly KeptBecause[] = ['sampled', 'slow', 'refused', 'failed', 'watched'];
const REQUEST_ID = /^[0-9a-f]{32}$/;

export async function getRequests(
  context: ObserveContext,
  request: Request,
  response: Response,
): Promise<void> {
  const query = new QueryReader(request);
  const terms = filterArgument(query);
  const limit = query.integer('size', 1, 500, 50);
  const because = query.choice('because', REASONS);
  const before = query.number('before');
  query.end();
  const data = await context.pool.requests({ terms, because, before, limit });
  const last = data.length < limit ? undefined : data[data.length - 1];
  response.json({ data, next: last === undefined ? null : nextPage(request, last.at) });
}

function nextPage(request: Request, before: number): string {
  const url = new URL(request.originalUrl, 'http://admin');
  url.searchParams.set('before', String(before));
  return url.pathname + url.search;
}

export async function getRequest(
  context: ObserveContext,
  request: Request,
  response: Response,
): Promise<void> {
  const id = String(request.params['id']).toLowerCase();
  new QueryReader(request).end();
  const found = REQUEST_ID.test(id) ? await context.pool.request(id) : undefined;
  if (found === undefined) {
    const message = REQUEST_ID.test(id)
      ? 'Not found: it was not kept, or newer ones have taken its place'
      : 'Not found: a request id has 32 hexadecimal digits (the header X-Kong-Request-Id)';
    response.status(404).json({ message });
  } else response.type('json').send(found);
}
