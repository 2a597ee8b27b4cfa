/**
 * The service behind every proxy: nginx on a core of its own, answering from memory. It is the same
 * program for all contestants and much cheaper than any of them, so that it is never what is measured.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onCores, type Placement } from '../../lab/measure/placement.ts';
import { freePort, untilOk } from '../../lab/measure/probe.ts';
import { lastOutput, type StartedProcess, start } from '../../lab/measure/processes.ts';

export const SMALL_BODY = JSON.stringify({
  id: 4711,
  name: 'Garden chair, oak',
  price: { amount: 129, currency: 'EUR' },
  stock: 12,
  tags: ['garden', 'wood', 'chair'],
  description: 'Weatherproof, stackable and made to last',
});

/** Bytes of the small response's body, as in the figures of the design. */
export const SMALL_BYTES = 179;

/** Paths below `/body/`, each a static file of that many bytes. */
export const BODY_BYTES = { '1k': 1024, '100k': 100 * 1024, '10m': 10 * 1024 * 1024 } as const;
export type BodySize = keyof typeof BODY_BYTES;

/** Answers with what the origin received, one `name=value` a line; see `FORWARDED_FIELDS`. */
export const FORWARDED_PATH = '/forwarded';
const FORWARDED_FIELDS = {
  host: '$http_host',
  'x-forwarded-for': '$http_x_forwarded_for',
  via: '$http_via',
  connection: '$http_connection',
  protocol: '$server_protocol',
  requests_on_connection: '$connection_requests',
} as const;

export type Forwarded = Readonly<Record<keyof typeof FORWARDED_FIELDS, string>>;

export function parseForwarded(body: string): Forwarded {
  const found: Record<string, string> = Object.create(null);
  for (const line of body.split('\n')) {
    const equals = line.indexOf('=');
    if (equals > 0) found[line.slice(0, equals)] = line.slice(equals + 1);
  }
  const read = (name: keyof Forwarded): string => found[name] ?? '';
  return {
    host: read('host'),
    'x-forwarded-for': read('x-forwarded-for'),
    via: read('via'),
    connection: read('connection'),
    protocol: read('protocol'),
    requests_on_connection: read('requests_on_connection'),
  };
}

/** nginx started by root gives its workers to www-data, who cannot read the directory of the run. */
export function nginxUser(): string {
  return process.getuid?.() === 0 ? 'user root;' : '';
}

export function originConfig(directory: string, port: number): string {
  const forwarded = Object.entries(FORWARDED_FIELDS)
    .map(([name, variable]) => `${name}=${variable}`)
    .join('\\n');
  return `
daemon off;
${nginxUser()}
worker_processes 1;
pid ${directory}/nginx.pid;
error_log stderr warn;
events { worker_connections 8192; }
http {
  access_log off;
  default_type application/json;
  keepalive_timeout 3600s;
  keepalive_requests 1000000000;
  client_body_buffer_size 1m;
  client_max_body_size 64m;
  client_body_temp_path ${directory}/client;
  proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/fastcgi;
  uwsgi_temp_path ${directory}/uwsgi;
  scgi_temp_path ${directory}/scgi;
  sendfile on;
  tcp_nodelay on;
  open_file_cache max=16 inactive=3600s;
  open_file_cache_valid 3600s;
  upstream accepted { server unix:${directory}/accepted.sock; keepalive 128; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / { return 200 '${SMALL_BODY}'; }
    location ${FORWARDED_PATH} { return 200 "${forwarded}\\n"; }
    location /body/ { default_type application/octet-stream; alias ${directory}/body/; }
    # Reads the whole request body before it answers: an early answer would spare proxies the work.
    location /upload {
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Content-Length "";
      proxy_pass_request_body off;
      proxy_pass http://accepted;
    }
  }
  server {
    listen unix:${directory}/accepted.sock;
    location / { return 200 '${SMALL_BODY}'; }
  }
}
`;
}

export interface Origin {
  readonly port: number;
  readonly process: StartedProcess;
}

export async function startOrigin(workDir: string, placement: Placement): Promise<Origin> {
  const directory = join(workDir, 'origin');
  mkdirSync(join(directory, 'body'), { recursive: true });
  for (const [name, bytes] of Object.entries(BODY_BYTES)) {
    writeFileSync(join(directory, 'body', name), Buffer.alloc(bytes, 'cardinal'));
  }
  const port = await freePort();
  const file = join(directory, 'nginx.conf');
  writeFileSync(file, originConfig(directory, port));
  const sinceMs = performance.now();
  const started = start({
    name: 'origin',
    ...onCores([placement.origin], 'nginx', ['-p', directory, '-c', file]),
    cwd: directory,
    logFile: join(directory, 'nginx.log'),
  });
  const ready = await untilOk({ port, path: '/' }, sinceMs, {
    withinMs: 5000,
    everyMs: 20,
    ended: () => started.ended,
  });
  if (typeof ready === 'string') throw new Error(`the origin ${ready}\n${lastOutput(started)}`);
  return { port, process: started };
}
