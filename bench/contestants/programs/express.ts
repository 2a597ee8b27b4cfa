/** express 5 with http-proxy-middleware 4. Arguments: port, origin. */

import { Agent } from 'node:http';
import express from 'express';
import { createProxyMiddleware } from 'http-proxy-middleware';

const [port, target] = process.argv.slice(2) as [string, string];
const app = express();
app.disable('x-powered-by');
app.use(
  createProxyMiddleware({
    target,
    xfwd: true,
    headers: { via: '1.1 express' },
    agent: new Agent({ keepAlive: true, maxSockets: 256, maxFreeSockets: 256 }),
  }),
);
app.listen(Number(port), '127.0.0.1');
