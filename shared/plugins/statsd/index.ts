/** statsd: counts and times of each request to a StatsD server, off the request path. */
import { definePlugin } from '../contract.ts';
import { keepQueue } from '../queue/keep-queue.ts';
import { packets } from '../senders/stat-line.ts';
import { TcpSender } from '../senders/tcp-sender.ts';
import { UdpSender } from '../senders/udp-sender.ts';
import { statLines } from './lines.ts';
import schema from './schema.ts';

const TCP_TIMEOUT_MS = 1_000;
const KEEPALIVE_MS = 60_000;

export default definePlugin({
  name: 'statsd',
  version: '3.10.0',
  priority: 11,
  schema,
  create(config, kit) {
    const linesOf = statLines(config, kit.node.hostname);
    const host = config.host ?? 'localhost';
    const port = config.port ?? 8125;
    const queue = keepQueue<string[]>(kit, config.queue, () => {
      if (config.use_tcp === true) {
        const sender = new TcpSender({
          host,
          port,
          timeoutMs: TCP_TIMEOUT_MS,
          keepaliveMs: KEEPALIVE_MS,
          tls: false,
          serverName: undefined,
        });
        return {
          send: (requests) => sender.send(`${requests.flat().join('\n')}\n`),
          release: () => sender.close(),
        };
      }
      const sender = new UdpSender(host, port);
      return {
        send: async (requests) =>
          void (await sender.send(packets(requests.flat(), config.udp_packet_size ?? 0))),
        release: () => sender.close(),
      };
    });
    return {
      log(exchange) {
        const lines = linesOf(exchange);
        if (lines.length === 0) return;
        let bytes = 0;
        for (const line of lines) bytes += line.length;
        queue.push(lines, bytes);
      },
    };
  },
});
