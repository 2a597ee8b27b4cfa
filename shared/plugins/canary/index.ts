/**
 * canary: sends a share of the requests of a service to another version of it. Who has come to one version stays
 * there while the share only grows.
 */
import { type AccessExchange, definePlugin, type Exchange, type Forwarding } from '../contract.ts';
import schema from './schema.ts';

const { crc32 } = process.getBuiltinModule('node:zlib');

export default definePlugin({
  name: 'canary',
  version: '1.0.0',
  priority: 13,
  schema,
  create(config, kit) {
    const { percentage, start, duration, steps, hash, hash_header: hashHeader } = config;
    const choice = config.canary_by_header_name;
    const groups = new Set(config.groups ?? []);
    const { upstream_host: host, upstream_port: port, upstream_uri: path } = config;
    const forwarding: Forwarding = {
      ...(host === null && port === null ? {} : { destination: kit.destination(host, port) }),
      ...(path === null ? {} : { path }),
    };

    /** Parts of `steps` that go to the canary at this moment. */
    function share(): number {
      if (percentage !== null) return (steps * percentage) / 100;
      if (start === null) return 0;
      return steps * Math.min(Math.max((kit.now() / 1000 - start) / duration, 0), 1);
    }

    function inGroup(exchange: Exchange): boolean {
      const { consumer } = exchange;
      if (consumer === undefined) return false;
      return kit.directory.entitiesOf('acls', consumer.id).some((row) => groups.has(String(row['group'])));
    }

    function identity(exchange: Exchange): string | undefined {
      switch (hash) {
        case 'consumer':
          return exchange.consumer?.id ?? exchange.credential?.id ?? exchange.client.ip;
        case 'ip':
          return exchange.client.ip;
        case 'header':
          return exchange.request.headers.get(hashHeader!);
        default:
          return undefined;
      }
    }

    function isCanary(exchange: AccessExchange): boolean {
      if (choice !== null) {
        const chosen = exchange.request.headers.get(choice);
        if (chosen === 'always') return true;
        if (chosen === 'never') return false;
      }
      if (hash === 'allow') return inGroup(exchange);
      if (hash === 'deny') return !inGroup(exchange);
      const who = identity(exchange);
      const part = who === undefined ? Math.random() * steps : crc32(who) % steps;
      return part < share();
    }

    return {
      access(exchange) {
        if (isCanary(exchange)) exchange.forwardAs(forwarding);
      },
    };
  },
});
