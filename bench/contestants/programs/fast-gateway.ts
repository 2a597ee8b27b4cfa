/** fast-gateway 3, its default HTTP proxy. Arguments: port, origin. */

import type { IncomingMessage } from 'node:http';
import gateway from 'fast-gateway';

const [port, target] = process.argv.slice(2) as [string, string];
const server = gateway({
  routes: [
    {
      prefix: '',
      target,
      hooks: {
        rewriteRequestHeaders: (request: IncomingMessage, headers: Record<string, unknown>) => {
          headers['x-forwarded-for'] = request.socket.remoteAddress;
          headers['via'] = '1.1 fast-gateway';
          return headers;
        },
      },
    },
  ],
});
await server.start(Number(port), '127.0.0.1');
