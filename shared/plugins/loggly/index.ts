/** loggly: the record of each request as a syslog message with Loggly's token, in a datagram. */
import { logRecord } from '../../observe/log-record.ts';
import { definePlugin } from '../contract.ts';
import { datagramQueue } from '../queue/datagrams.ts';
import { DEFAULT_QUEUE } from '../queue/queue.ts';
import { severityOf } from '../senders/severity.ts';
import schema from './schema.ts';

const FACILITY_USER = 8;

export default definePlugin({
  name: 'loggly',
  version: '3.10.0',
  priority: 6,
  schema,
  create(config, kit) {
    const severity = severityOf(config);
    const queue = datagramQueue(kit, DEFAULT_QUEUE, config.host, config.port);
    const tags = (config.tags ?? []).map((tag) => ` tag="${tag}"`).join('');
    const host = kit.node.hostname.replace(/[^\x21-\x7e]/g, '-').slice(0, 255);
    const origin = ` ${host} kong - - [${config.key}@41058${tags}] `;
    return {
      log(exchange) {
        const number = severity(exchange.response.status);
        if (number < 0) return;
        const time = new Date(exchange.startedAt).toISOString();
        const message = `<${FACILITY_USER + number}>1 ${time}${origin}${logRecord(exchange)}`;
        queue.push(message, message.length);
      },
    };
  },
});
