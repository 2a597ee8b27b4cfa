/** udp-log: the record of each request as one datagram. A datagram may get lost, and nobody hears of it. */
import { logRecord } from '../../observe/log-record.ts';
import { definePlugin } from '../contract.ts';
import { datagramQueue } from '../queue/datagrams.ts';
import { DEFAULT_QUEUE } from '../queue/queue.ts';
import schema from './schema.ts';

export default definePlugin({
  name: 'udp-log',
  version: '3.10.0',
  priority: 8,
  schema,
  create(config, kit) {
    const queue = datagramQueue(kit, DEFAULT_QUEUE, config.host, config.port);
    return {
      log(exchange) {
        const record = logRecord(exchange);
        queue.push(record, record.length);
      },
    };
  },
});
