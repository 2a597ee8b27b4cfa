/**
 * request-termination: answers instead of the upstream, after all other plugins have had their say.
 * What it echoes is what the client sent itself.
 */
import { parseBodyArgs } from '../body-args.ts';
import { type AccessExchange, definePlugin, type ExitOptions, type PluginKit } from '../contract.ts';
import { headerText } from '../header-text.ts';
import { describeRequest } from './echo.ts';
import schema from './schema.ts';

const DEFAULT_MESSAGES = new Map([
  [401, 'Unauthorized'],
  [404, 'Not found'],
  [405, 'Method not allowed'],
  [500, 'An unexpected error occurred'],
  [502, 'Bad Gateway'],
  [503, 'Service unavailable'],
]);
const JSON_TYPE: ExitOptions = { headers: [['Content-Type', 'application/json; charset=utf-8']] };
const MAX_ECHOED_BODY_BYTES = 1024 * 1024;

export default definePlugin({
  name: 'request-termination',
  version: '3.10.0',
  priority: 2,
  schema,
  create(config, kit) {
    const { status_code: status, trigger, content_type: contentType } = config;
    const message = config.message ?? DEFAULT_MESSAGES.get(status);
    let body = config.body ?? undefined;
    let options: ExitOptions =
      contentType === null ? {} : { headers: [['Content-Type', headerText(contentType)]] };
    if (body === undefined && message !== undefined) {
      body = JSON.stringify({ message });
      options = JSON_TYPE;
    }

    return {
      access(exchange) {
        const { request } = exchange;
        if (trigger !== null && !request.headers.has(trigger) && request.queryArgs(trigger).length === 0)
          return;
        if (config.echo) return echo(exchange, kit, status, message);
        exchange.exit(status, body, options);
      },
    };
  },
});

async function echo(
  exchange: AccessExchange,
  kit: PluginKit,
  status: number,
  message: string | undefined,
): Promise<void> {
  const { request } = exchange;
  const raw = await request.readBody(MAX_ECHOED_BODY_BYTES);
  const args = raw === null ? undefined : parseBodyArgs(request.headers.get('content-type'), raw);
  const description = {
    message,
    kong: { node_id: kit.node.id, worker_pid: process.pid, hostname: kit.node.hostname },
    request: describeRequest(exchange, raw, args),
    matched_route: exchange.route,
    matched_service: exchange.service,
  };
  exchange.exit(status, JSON.stringify(description), JSON_TYPE);
}
