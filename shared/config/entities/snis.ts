/** SNIs: which certificate is presented for which server name. */
import { foreign, record, string } from '../schema/field.ts';
import { brokenWildcardHost } from '../schema/formats.ts';
import { createdAt, id, tags, updatedAt } from './columns.ts';
import { define } from './definition.ts';

export const snis = define({
  collection: 'snis',
  endpointKey: 'name',
  cacheKey: undefined,
  schema: record({
    id,
    name: string({
      required: true,
      unique: true,
      custom: brokenWildcardHost,
      description: 'Server name; a wildcard may stand at either end.',
    }),
    created_at: createdAt,
    updated_at: updatedAt,
    tags,
    certificate: foreign(
      'certificates',
      { required: true, description: 'The certificate that is presented.' },
      'cascade',
    ),
  }),
});
