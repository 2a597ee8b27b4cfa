/** The demo's payments: knows what has been paid. Only other services call it. */
import { notFound, serveJson } from './json-server.ts';

serveJson(({ method, path }) => {
  const [collection, order, ...rest] = path;
  if (collection !== 'payments' || order === undefined || rest.length > 0) return notFound;
  if (method === 'GET') return { status: 200, body: { order, state: 'paid', by: 'invoice' } };
  if (method === 'PUT') return { status: 201, body: { order, state: 'pending', by: 'invoice' } };
  return notFound;
});
