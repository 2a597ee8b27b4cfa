/** nginx as a reverse proxy: the reference that every ratio is taken against. */

import { nginxUser } from '../origin/origin.ts';
import type { Contestant, Setup } from './contestant.ts';
import { missingProgram, programVersion } from './programs.ts';

function config({ directory, port, originPort }: Setup): string {
  return `
daemon off;
${nginxUser()}
worker_processes 1;
pid ${directory}/nginx.pid;
error_log stderr warn;
events { worker_connections 8192; }
http {
  access_log off;
  keepalive_timeout 3600s;
  keepalive_requests 1000000000;
  client_max_body_size 0;
  client_body_temp_path ${directory}/client;
  proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/fastcgi;
  uwsgi_temp_path ${directory}/uwsgi;
  scgi_temp_path ${directory}/scgi;
  tcp_nodelay on;
  upstream origin {
    server 127.0.0.1:${originPort};
    keepalive 128;
    keepalive_requests 1000000000;
    keepalive_timeout 3600s;
  }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://origin;
      proxy_http_version 1.1;
      # Bodies stream both ways, as in the other proxies; nothing is spooled to disk.
      proxy_request_buffering off;
      proxy_max_temp_file_size 0;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header Via "1.1 nginx";
    }
  }
}
`;
}

export const nginx: Contestant = {
  id: 'nginx',
  cardinal: false,
  workloads: ['plain'],
  missing: () => missingProgram('nginx'),
  version: () => programVersion('nginx', ['-v']),
  launch: (setup) => ({
    command: 'nginx',
    args: ['-p', setup.directory, '-c', `${setup.directory}/nginx.conf`],
    env: {},
    files: new Map([['nginx.conf', config(setup)]]),
  }),
};
