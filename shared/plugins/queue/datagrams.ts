/** A queue whose records leave as datagrams, one each. Those that are too long are counted and left out. */
import type { PluginKit } from '../contract.ts';
import { UdpSender } from '../senders/udp-sender.ts';
import { keepQueue } from './keep-queue.ts';
import type { Queue, QueueConfig } from './queue.ts';

export function datagramQueue(
  kit: PluginKit,
  config: QueueConfig,
  host: string,
  port: number,
): Queue<string> {
  const tooLong = kit.metrics
    .counter('cardinal_queue_dropped_entries_total', 'Records that were never handed over', [
      'plugin',
      'reason',
    ])
    .with(kit.plugin.name, 'too_long');
  return keepQueue<string>(kit, config, () => {
    const sender = new UdpSender(host, port);
    return {
      async send(records) {
        tooLong.add(await sender.send(records));
      },
      release: () => sender.close(),
    };
  });
}
