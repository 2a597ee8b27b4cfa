/** A plugin's queue, kept over changes of the configuration that do not concern it. */
import type { PluginKit } from '../contract.ts';
import { Queue, type QueueConfig } from './queue.ts';

const { createHash } = process.getBuiltinModule('node:crypto');

export interface Sender<T> {
  readonly send: (batch: readonly T[]) => Promise<void>;
  readonly release?: () => void;
}

/** The same plugin with the same configuration has the same queue. `open` is called when there is none yet. */
export function keepQueue<T>(kit: PluginKit, config: QueueConfig, open: () => Sender<T>): Queue<T> {
  const { plugin, metrics, log } = kit;
  return kit.keep(
    // Keys are shown in logs, and configurations hold secrets.
    `${plugin.id}|${createHash('sha256').update(JSON.stringify(plugin.config)).digest('base64url')}`,
    () => new Queue<T>({ config, plugin: plugin.name, metrics, log, ...open() }),
    (queue) => queue.close(),
  );
}
