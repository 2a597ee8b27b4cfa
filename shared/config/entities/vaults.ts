/** Vaults: where `{vault://...}` references are looked up. The only kind is `env`, the environment. */
import { record, string } from '../schema/field.ts';
import { createdAt, id, tags, updatedAt } from './columns.ts';
import { define } from './definition.ts';

export const VAULT_KINDS: readonly string[] = ['env'];

export const vaults = define({
  collection: 'vaults',
  endpointKey: 'prefix',
  cacheKey: ['prefix'],
  schema: record({
    id,
    prefix: string({
      required: true,
      unique: true,
      match: /^[a-z](?:[a-z0-9-]*[a-z0-9])?$/,
      custom: (prefix: string) =>
        VAULT_KINDS.includes(prefix) ? `must not be one of: ${VAULT_KINDS.join(', ')}` : undefined,
      description: 'Name by which references name the vault: {vault://<prefix>/...}.',
    }),
    name: string({
      required: true,
      custom: (name: string) => (VAULT_KINDS.includes(name) ? undefined : `vault '${name}' is not installed`),
      description: 'Kind of the vault: `env`.',
    }),
    description: string({ description: 'What the vault is for.' }),
    config: record(
      {
        prefix: string({
          match: /^[A-Za-z_-][A-Za-z0-9_-]*$/,
          description: 'Beginning of the names of the environment variables.',
        }),
      },
      { required: true, description: 'Settings of the vault.' },
    ),
    created_at: createdAt,
    updated_at: updatedAt,
    tags,
  }),
});
