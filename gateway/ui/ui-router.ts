/**
 * The admin UI at `/ui/`, on the Admin API's own origin: files of the build, everybody may read them. What they show
 * comes from the Admin API, which asks who is asking.
 */
import { fileURLToPath } from 'node:url';
import express, { type Request, type Response, type Router } from 'express';
import { type BuiltFile, readBuiltFiles } from './built-files.ts';
import { chosenCoding } from './chosen-coding.ts';
import { NOT_BUILT } from './not-built.ts';

/** Nothing inline, nothing from elsewhere, in no frame. */
export const POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "object-src 'none'",
  "frame-ancestors 'none'",
  "form-action 'none'",
  "base-uri 'none'",
].join('; ');

export const BUILT = fileURLToPath(new URL('../../admin-ui/dist/', import.meta.url));

/** `folder`: where the build is. Read at once: a build that comes later is served after a restart. */
export function uiRouter(folder: string = BUILT): Router {
  const files = readBuiltFiles(folder);
  const router = express.Router({ caseSensitive: true, strict: true });
  router.use('/ui', (request, response) => {
    protect(response);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.status(405).set('Allow', 'GET, HEAD').type('text').send('Method not allowed\n');
      return;
    }
    // Relative, so that a prefix that a proxy takes away stays.
    if (request.originalUrl.split('?', 1)[0] === '/ui') {
      response.status(308).set('Location', 'ui/').end();
      return;
    }
    const name = request.path === '/' ? 'index.html' : request.path.slice(1);
    if (files === undefined) {
      if (name === 'index.html') response.status(503).type('html').send(NOT_BUILT);
      else response.status(404).type('text').send('Not found\n');
      return;
    }
    const file = files.get(name);
    if (file === undefined) response.status(404).type('text').send('Not found\n');
    else send(request, response, file);
  });
  return router;
}

function protect(response: Response): void {
  response.set('Content-Security-Policy', POLICY);
  response.set('X-Frame-Options', 'DENY');
  response.set('Referrer-Policy', 'no-referrer');
  response.set('Cross-Origin-Opener-Policy', 'same-origin');
  response.set('Cross-Origin-Resource-Policy', 'same-origin');
  response.set('Permissions-Policy', 'camera=(), geolocation=(), microphone=(), payment=(), usb=()');
}

function send(request: Request, response: Response, file: BuiltFile): void {
  const coding = chosenCoding(request.headers['accept-encoding'], file.bodies.keys());
  const body = file.bodies.get(coding) as Buffer;
  const etag = `"${file.etag}${coding === 'identity' ? '' : `-${coding}`}"`;
  response.set('Cache-Control', file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache');
  response.set('ETag', etag);
  response.set('Vary', 'Accept-Encoding');
  if (request.headers['if-none-match'] === etag) {
    response.status(304).end();
    return;
  }
  response.set('Content-Type', file.contentType);
  if (coding !== 'identity') response.set('Content-Encoding', coding);
  response.set('Content-Length', String(body.length));
  response.end(request.method === 'HEAD' ? undefined : body);
}
