/** A plugin's queue, kept over changes of the configuration that do not concern it. */
import type { PluginKit } from '../contract.ts';
import { Queue, type QueueConfig } from './queue.ts';

export interface Sender<T> {
  readonly send: (batch: readonly T[]) => Promise<void>;
  readonly release?: () => void;
}

/** The same plugin with the same configuration has the same queue. `open` is called when there is none yet. */
export function keepQueue<T>(kit: PluginKit, config: QueueConfig, open: () => Sender<T>): Queue<T> {
  const { plugin, metrics, log } = kit;
  return kit.keep(
    `${plugin.id}|${JSON.stringify(plugin.config)}`,
    () => new Queue<T>({ config, plugin: plugin.name, metrics, log, ...open() }),
    (queue) => queue.close(),
  );
}
