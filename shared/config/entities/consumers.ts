/** Consumers: who uses an API. */
import { atLeastOneOf } from '../schema/checks.ts';
import { record, string } from '../schema/field.ts';
import { createdAt, id, tags, updatedAt } from './columns.ts';
import { define } from './definition.ts';

export const consumers = define({
  collection: 'consumers',
  endpointKey: 'username',
  cacheKey: undefined,
  schema: record(
    {
      id,
      created_at: createdAt,
      updated_at: updatedAt,
      username: string({
        unique: true,
        description: 'Name of the consumer. This or `custom_id` must be given.',
      }),
      custom_id: string({
        unique: true,
        description: 'Id of the consumer in another system, passed to upstreams.',
      }),
      tags,
    },
    { checks: [atLeastOneOf('custom_id', 'username')] },
  ),
});
