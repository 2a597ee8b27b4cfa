/** `config.queue` of the plugins that hand records over: Kong's fields, defaults and bounds. */
import { integer, number, record, type Shorthand } from '../../config/schema/field.ts';

export const MAX_CONCURRENCY = 64;

export function queueField(defaults: { readonly maxBatchSize?: number } = {}) {
  return record(
    {
      max_batch_size: integer({
        default: defaults.maxBatchSize ?? 1,
        between: [1, 1_000_000],
        description: 'Records that are handed over together.',
      }),
      max_coalescing_delay: number({
        default: 1,
        between: [0, 3600],
        description: 'Seconds that a batch waits to become full.',
      }),
      max_entries: integer({
        default: 10_000,
        between: [1, 1_000_000],
        description: 'Records that may wait; the oldest are dropped.',
      }),
      max_bytes: integer({
        gt: 0,
        description: 'Bytes that may wait; null: 32 MiB. The oldest are dropped.',
      }),
      max_retry_time: number({ default: 60, description: 'Seconds after which a batch is given up.' }),
      initial_retry_delay: number({
        default: 0.01,
        between: [0.001, 1_000_000],
        description: 'Seconds before the first further attempt; it doubles.',
      }),
      max_retry_delay: number({
        default: 60,
        between: [0.001, 1_000_000],
        description: 'Longest seconds between two attempts.',
      }),
      concurrency_limit: integer({
        default: 1,
        oneOf: [-1, 1],
        description: `Batches under way at once; -1: as many as there are, at most ${MAX_CONCURRENCY}.`,
      }),
    },
    { required: true, description: 'How records wait to be handed over.' },
  );
}

const renamed = (field: string, schema: Shorthand['schema']): Shorthand => ({
  description: `Old name of queue.${field}.`,
  schema,
  expand: (value) => ({ queue: { [field]: value } }),
});

/** Kong's names from before there was a queue. */
export const OLD_QUEUE_FIELDS: Readonly<Record<string, Shorthand>> = {
  queue_size: renamed('max_batch_size', integer({})),
  flush_timeout: renamed('max_coalescing_delay', number({})),
  retry_count: {
    description: 'Old and without effect, as in Kong.',
    noEffect: 'retries are bounded by max_retry_time of the queue',
    schema: integer({}),
    expand: () => ({}),
  },
};
