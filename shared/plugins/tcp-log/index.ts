/** tcp-log: one line of JSON for each request over a TCP or TLS connection, in batches off the request path. */
import { logRecord } from '../../observe/log-record.ts';
import { definePlugin } from '../contract.ts';
import { keepQueue } from '../queue/keep-queue.ts';
import { DEFAULT_QUEUE } from '../queue/queue.ts';
import { TcpSender } from '../senders/tcp-sender.ts';
import schema from './schema.ts';

export default definePlugin({
  name: 'tcp-log',
  version: '3.10.0',
  priority: 7,
  schema,
  create(config, kit) {
    const queue = keepQueue<string>(kit, DEFAULT_QUEUE, () => {
      const sender = new TcpSender({
        host: config.host,
        port: config.port,
        timeoutMs: config.timeout,
        keepaliveMs: config.keepalive,
        tls: config.tls,
        serverName: config.tls_sni ?? undefined,
      });
      return {
        send: (records) => sender.send(`${records.join('\n')}\n`),
        release: () => sender.close(),
      };
    });
    return {
      log(exchange) {
        const record = logRecord(exchange);
        queue.push(record, record.length);
      },
    };
  },
});
