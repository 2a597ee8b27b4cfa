/** syslog: the record of each request as a syslog message (RFC 5424) in a datagram (RFC 5426). */
import { logRecord } from '../../observe/log-record.ts';
import { definePlugin } from '../contract.ts';
import { datagramQueue } from '../queue/datagrams.ts';
import { DEFAULT_QUEUE } from '../queue/queue.ts';
import { FACILITIES, severityOf } from '../senders/severity.ts';
import schema from './schema.ts';

export default definePlugin({
  name: 'syslog',
  version: '3.10.0',
  priority: 4,
  schema,
  create(config, kit) {
    const facility = FACILITIES.indexOf(config.facility) * 8;
    const severity = severityOf(config);
    const queue = datagramQueue(kit, DEFAULT_QUEUE, config.host, config.port);
    const origin = ` ${kit.node.hostname.replace(/[^\x21-\x7e]/g, '-').slice(0, 255)} kong ${process.pid} - - `;
    return {
      log(exchange) {
        const number = severity(exchange.response.status);
        if (number < 0) return;
        const time = new Date(exchange.startedAt).toISOString();
        const message = `<${facility + number}>1 ${time}${origin}${logRecord(exchange)}`;
        queue.push(message, message.length);
      },
    };
  },
});
