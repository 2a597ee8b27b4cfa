/**
 * ip-restriction: lets clients through or not by their address, after real-ip processing. An address that
 * cannot be read is in no list: it passes a deny list alone and never an allow list.
 */
import { IpMatcher } from '../../config/schema/ip-range.ts';
import { type AccessExchange, definePlugin } from '../contract.ts';
import schema from './schema.ts';

export default definePlugin({
  name: 'ip-restriction',
  version: '3.10.0',
  priority: 990,
  schema,
  create(config, kit) {
    const deny = matcher(config.deny);
    const allow = matcher(config.allow);
    const status = config.status ?? 403;
    const { message } = config;

    function refuse(exchange: AccessExchange): void {
      const { ip } = exchange.client;
      kit.log.warn('IP address not allowed', { ip });
      exchange.fail(status, message ?? `IP address not allowed: ${ip}`);
    }

    return {
      access(exchange) {
        const { ip } = exchange.client;
        if (deny?.has(ip) === true || allow?.has(ip) === false) refuse(exchange);
      },
    };
  },
});

/** An empty list restricts nothing, as in Kong. */
function matcher(list: readonly string[] | null): IpMatcher | undefined {
  return list === null || list.length === 0 ? undefined : new IpMatcher(list);
}
