/** redirect: sends clients elsewhere. Where to is the configuration's choice alone, never the request's. */
import { definePlugin, type ExitOptions } from '../contract.ts';
import schema from './schema.ts';

const BODY = 'redirecting';

export default definePlugin({
  name: 'redirect',
  version: '3.10.0',
  priority: 779,
  schema,
  create(config) {
    const { status_code: status, location, keep_incoming_path: keeps } = config;
    const fixed: ExitOptions = { headers: [['Location', location]] };
    const origin = /^[^:]+:\/\/[^/?#]*/.exec(location)![0];
    return {
      access(exchange) {
        if (!keeps) {
          exchange.exit(status, BODY, fixed);
          return;
        }
        const { target } = exchange.request;
        // A target in absolute form has a host of its own, which must not count.
        const at = target.startsWith('/') ? 0 : target.indexOf('/', target.indexOf('://') + 3);
        const path = at < 0 ? '/' : target.slice(at);
        exchange.exit(status, BODY, { headers: [['Location', origin + path]] });
      },
    };
  },
});
