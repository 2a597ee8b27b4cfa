/**
 * http-log: posts the record of each request to an HTTP server, in batches, off the request path. When that server
 * is slow or gone, records are tried again and then dropped and counted; requests never notice.
 */
import { logRecord } from '../../observe/log-record.ts';
import { definePlugin } from '../contract.ts';
import { keepQueue } from '../queue/keep-queue.ts';
import { HttpPoster } from '../senders/http-poster.ts';
import schema from './schema.ts';

export default definePlugin({
  name: 'http-log',
  version: '3.10.0',
  priority: 12,
  schema,
  create(config, kit) {
    const single = config.queue.max_batch_size === 1;
    const queue = keepQueue<string>(kit, config.queue, () => {
      const poster = new HttpPoster({
        url: config.http_endpoint,
        method: config.method,
        headers: { 'Content-Type': config.content_type, ...config.headers },
        timeoutMs: config.timeout,
        keepaliveMs: config.keepalive,
        verify: false,
        dropQuery: true,
      });
      return {
        async send(records) {
          const status = await poster.post(single ? records[0]! : `[${records.join(',')}]`);
          if (status >= 300 || status < 200) throw new Error(`the server answered ${status}`);
        },
        release: () => poster.close(),
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
