/**
 * request-size-limiting: refuses bodies that are too long, by what the head says where it says so, else by
 * counting while the body streams. Nothing is held in memory for it.
 */
import { type AccessExchange, definePlugin } from '../contract.ts';
import schema from './schema.ts';

const UNITS = { megabytes: 2 ** 20, kilobytes: 2 ** 10, bytes: 1 } as const;
const MESSAGE = 'Request size limit exceeded';

export default definePlugin({
  name: 'request-size-limiting',
  version: '3.10.0',
  priority: 951,
  schema,
  create(config) {
    const limit = config.allowed_payload_size * UNITS[config.size_unit];
    const requiresLength = config.require_content_length;
    return {
      access(exchange) {
        const { headers } = exchange.request;
        const length = headers.get('content-length');
        if (length !== undefined) {
          if (Number(length) > limit) refuse(exchange);
          return;
        }
        const chunked = headers.has('transfer-encoding');
        if (requiresLength && !chunked) {
          exchange.fail(411, 'A valid Content-Length header is required');
          return;
        }
        exchange.request.limitBody(limit, 413, MESSAGE);
      },
    };
  },
});

/** A client that waits for leave to send is told that its expectation is not met (RFC 9110 10.1.1). */
function refuse(exchange: AccessExchange): void {
  const expects = exchange.request.headers.get('expect')?.toLowerCase() === '100-continue';
  exchange.fail(expects ? 417 : 413, MESSAGE);
}
