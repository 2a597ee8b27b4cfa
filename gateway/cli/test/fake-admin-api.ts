/** The entity endpoints of an Admin API over the real model, in a few lines: what dump, diff and apply speak to. */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import type { StoredEntity } from '../../../shared/config/change.ts';
import { ModelError } from '../../model/contract.ts';
import { Model } from '../../model/model.ts';
import type { Schemas } from '../sync/schemas.ts';

export interface FakeAdminApi {
  readonly url: string;
  readonly model: Model;
  /** `PUT /services/...` in the order in which they came. */
  readonly requests: string[];
  /** Most requests that were under way at the same time. */
  busiest: number;
  /** Answers instead of the model when it returns something. */
  intercept: (method: string, path: string) => { status: number; body?: unknown } | undefined;
  /** Headers of the last request. */
  headers: IncomingMessage['headers'];
  pageSize: number;
  insert(collection: string, input: object): StoredEntity;
  all(collection: string): readonly StoredEntity[];
}

export async function fakeAdminApi(t: TestContext, schemas: Schemas): Promise<FakeAdminApi> {
  const model = Model.from(schemas.index, schemas.plugins, new Map());
  const write = <T>(work: (draft: ReturnType<Model['draft']>) => T): T => {
    const draft = model.draft({ now: Date.now, uuid: randomUUID });
    const result = work(draft);
    model.apply(draft.change);
    return result;
  };
  let busy = 0;
  const api: FakeAdminApi = {
    url: '',
    model,
    requests: [],
    busiest: 0,
    intercept: () => undefined,
    headers: {},
    pageSize: 1_000,
    insert: (collection, input) => write((draft) => draft.insert(collection, input)),
    all: (collection) => model.all(collection),
  };
  const server = createServer(async (request, response) => {
    busy++;
    api.busiest = Math.max(api.busiest, busy);
    // So that what can run at the same time does.
    await new Promise((resolve) => setTimeout(resolve, 1));
    try {
      await answer(request, response);
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      send(response, error.status, error.body);
    }
    busy--;
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '' } = request;
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://fake');
    api.headers = request.headers;
    api.requests.push(`${method} ${pathname}`);
    const body =
      method === 'PUT' || method === 'PATCH' || method === 'POST' ? await json(request) : undefined;
    const instead = api.intercept(method, pathname);
    if (instead !== undefined) return send(response, instead.status, instead.body);
    if (pathname === '/') return send(response, 200, { configuration: { database: 'memory' } });
    const [first = '', key, nested, nestedKey] = pathname.slice(1).split('/').map(decodeURIComponent);
    const below = first === 'upstreams' && nested === 'targets';
    const definition = below
      ? schemas.definition('targets')
      : [...schemas.index.values()].find(({ adminPath }) => adminPath === first && adminPath !== 'targets');
    if (definition === undefined) return send(response, 404, { message: 'Not found' });
    const { collection } = definition;
    const id = below ? nestedKey : key;
    const fixed = below ? { fixed: { upstream: { id: key } } } : {};
    if (id === undefined) {
      if (method === 'POST')
        return send(
          response,
          201,
          write((draft) => draft.insert(collection, body, fixed)),
        );
      const size = Math.min(Number(searchParams.get('size')), api.pageSize);
      const after = searchParams.get('offset');
      const page = { size, ...(after === null ? {} : { after }) };
      const { data, after: next } = below
        ? model.children('targets', 'upstream', key as string, page)
        : model.page(collection, page);
      return send(response, 200, { data, next: null, ...(next === undefined ? {} : { offset: next }) });
    }
    if (method === 'PUT' && !below) {
      return send(
        response,
        200,
        write((draft) => draft.upsert(collection, id, body)),
      );
    }
    if (method === 'PATCH')
      return send(
        response,
        200,
        write((draft) => draft.update(collection, id, body, fixed)),
      );
    if (method === 'DELETE') {
      write((draft) => draft.remove(collection, id));
      return send(response, 204);
    }
    send(response, 405, { message: 'Method not allowed' });
  }

  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return Object.assign(api, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

function send(response: ServerResponse, status: number, body?: unknown): void {
  response.statusCode = status;
  response.setHeader('Content-Type', 'application/json');
  response.end(body === undefined ? undefined : JSON.stringify(body));
}
