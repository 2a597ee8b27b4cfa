/**
 * cors: tells browsers which other sites may use an API (Fetch standard, "HTTP CORS protocol"). It decides what
 * browsers let scripts read; it keeps no request from the upstream.
 */
import type { Headers } from '../../http/headers.ts';
import { type AccessExchange, definePlugin, type Exchange } from '../contract.ts';
import { originRule } from './origins.ts';
import schema from './schema.ts';

const NAME = 'cors';
type Line = readonly [string, string];

export default definePlugin({
  name: NAME,
  version: '3.10.0',
  priority: 2000,
  schema,
  create(config) {
    const rule = originRule(config.origins);
    const { credentials, private_network: privateNetwork, preflight_continue: passes } = config;
    const methods: Line = ['Access-Control-Allow-Methods', (config.methods ?? []).join(',')];
    const allowed: Line | undefined =
      config.headers === null || config.headers.length === 0
        ? undefined
        : ['Access-Control-Allow-Headers', config.headers.join(',')];
    const maxAge: Line | undefined =
      config.max_age === null ? undefined : ['Access-Control-Max-Age', String(config.max_age)];
    const exposed =
      config.exposed_headers === null || config.exposed_headers.length === 0
        ? undefined
        : config.exposed_headers.join(',');
    // `*` means nothing beside credentials (Fetch 3.2.5), so the origin is named then.
    const echoes = credentials && rule.any;
    const varies = rule.varies || echoes;

    function preflight(exchange: AccessExchange, origin: string): void {
      const { headers } = exchange.request;
      const lines: Line[] = [];
      const allows = echoes ? origin : rule.allowed(origin);
      if (varies) lines.push(['Vary', 'Origin']);
      if (allows !== undefined) lines.push(['Access-Control-Allow-Origin', allows]);
      if (credentials && allows !== undefined) lines.push(['Access-Control-Allow-Credentials', 'true']);
      const asked = headers.get('access-control-request-headers');
      if (allowed !== undefined) lines.push(allowed);
      else if (asked !== undefined) lines.push(['Access-Control-Allow-Headers', asked]);
      lines.push(methods);
      if (maxAge !== undefined) lines.push(maxAge);
      if (privateNetwork && headers.get('access-control-request-private-network') === 'true')
        lines.push(['Access-Control-Allow-Private-Network', 'true']);
      exchange.exit(200, undefined, { headers: lines });
    }

    return {
      access(exchange) {
        if (exchange.request.method !== 'OPTIONS') return;
        const { headers } = exchange.request;
        const origin = headers.get('origin');
        if (origin === undefined || !headers.has('access-control-request-method')) return;
        exchange.note(NAME, true);
        if (!passes) preflight(exchange, origin);
      },
      response(exchange) {
        if (exchange.noted(NAME) !== undefined) return;
        const origin = originOf(exchange);
        if (origin === undefined && !config.allow_origin_absent) return;
        const { headers } = exchange.response;
        if (varies) varyByOrigin(headers);
        const allows = echoes ? (origin ?? '*') : rule.allowed(origin);
        if (allows === undefined) headers.remove('Access-Control-Allow-Origin');
        else headers.set('Access-Control-Allow-Origin', allows);
        if (credentials && allows !== undefined && (!echoes || origin !== undefined))
          headers.set('Access-Control-Allow-Credentials', 'true');
        else if (credentials) headers.remove('Access-Control-Allow-Credentials');
        if (exposed !== undefined) headers.set('Access-Control-Expose-Headers', exposed);
      },
    };
  },
});

function originOf(exchange: Exchange): string | undefined {
  return exchange.request.headers.get('origin');
}

/** Adds to what the upstream varies by; it may say so already. */
function varyByOrigin(headers: Headers): void {
  for (const line of headers.getAll('vary')) {
    for (const name of line.split(',')) {
      const field = name.trim().toLowerCase();
      if (field === 'origin' || field === '*') return;
    }
  }
  headers.append('Vary', 'Origin');
}
