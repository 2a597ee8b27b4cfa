/**
 * correlation-id: every request goes upstream with an id, its own or a new one, which the log and, if
 * wanted, the client get as well.
 */
import { definePlugin, type Exchange, type PluginInstance } from '../contract.ts';
import schema from './schema.ts';

const { randomUUID } = process.getBuiltinModule('node:crypto');
const { threadId } = process.getBuiltinModule('node:worker_threads');

const NAME = 'correlation-id';
// One per worker, as the ids of `uuid#counter` and `tracker` promise.
const workerUuid = randomUUID();
const workerId = process.pid + threadId;
let counter = 0;

type Generator = (exchange: Exchange, now: number) => string;

const generators: Readonly<Record<'uuid' | 'uuid#counter' | 'tracker', Generator>> = {
  uuid: () => randomUUID(),
  'uuid#counter': () => `${workerUuid}#${++counter}`,
  tracker(exchange, now) {
    const connection = exchange.client.connection;
    const address = connection?.localIp ?? exchange.request.host;
    const port = connection?.localPort ?? exchange.request.port;
    const serial = connection?.serial ?? exchange.client.peerPort;
    const requests = connection?.requests ?? ++counter;
    return `${address}-${port}-${workerId}-${serial}-${requests}-${(now / 1000).toFixed(3)}`;
  },
};

export default definePlugin({
  name: NAME,
  version: '3.10.0',
  priority: 100_001,
  schema,
  create(config, kit) {
    const header = config.header_name;
    const generate = generators[config.generator];
    const echo = config.echo_downstream;
    const instance: PluginInstance = {
      access(exchange) {
        const headers = exchange.request.headers;
        let id = headers.get(header);
        if (id === undefined || id === '') {
          id = generate(exchange, kit.now());
          headers.set(header, id);
        }
        exchange.setLogField('correlation_id', id);
        if (echo) exchange.note(NAME, id);
      },
    };
    if (echo) {
      instance.response = (exchange) => {
        const noted = exchange.noted(NAME) ?? exchange.request.headers.get(header);
        const id = typeof noted === 'string' && noted !== '' ? noted : generate(exchange, kit.now());
        exchange.response.headers.set(header, id);
      };
    }
    return instance;
  },
});
