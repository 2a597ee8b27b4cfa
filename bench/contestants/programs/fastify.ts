/** fastify 5 with @fastify/http-proxy 11 (undici). Arguments: port, origin. */

import httpProxy from '@fastify/http-proxy';
import fastify from 'fastify';

const [port, upstream] = process.argv.slice(2) as [string, string];
const server = fastify({ logger: false });
await server.register(httpProxy, {
  upstream,
  undici: { connections: 128, pipelining: 1 },
  replyOptions: {
    rewriteRequestHeaders: (request, headers) => ({
      ...headers,
      'x-forwarded-for': request.ip,
      via: '1.1 fastify',
    }),
  },
});
await server.listen({ port: Number(port), host: '127.0.0.1' });
