/** Key sets: groups of keys. */
import { record, string } from '../schema/field.ts';
import { createdAt, id, tags, updatedAt } from './columns.ts';
import { define } from './definition.ts';

export const keySets = define({
  collection: 'key_sets',
  adminPath: 'key-sets',
  endpointKey: 'name',
  cacheKey: undefined,
  schema: record({
    id,
    name: string({ unique: true, description: 'Name of the key set.' }),
    tags,
    created_at: createdAt,
    updated_at: updatedAt,
  }),
});
