/** Targets: the addresses behind an upstream, with their weights. */
import { expandIPv6, parseHostPort } from '../schema/address.ts';
import { foreign, integer, record, string } from '../schema/field.ts';
import { createdAtFraction, id, tags, updatedAtFraction } from './columns.ts';
import { define } from './definition.ts';

export const DEFAULT_TARGET_PORT = 8000;

/** `host:port` with IPv6 expanded and in brackets; undefined when the text is no address or name. */
export function normaliseTarget(text: string): string | undefined {
  const parsed = parseHostPort(text);
  if (parsed === undefined) return undefined;
  const host = parsed.kind === 'ipv6' ? `[${expandIPv6(parsed.host)}]` : parsed.host;
  return `${host}:${parsed.port ?? DEFAULT_TARGET_PORT}`;
}

export const targets = define({
  collection: 'targets',
  endpointKey: 'target',
  cacheKey: ['upstream', 'target'],
  schema: record({
    id,
    created_at: createdAtFraction,
    updated_at: updatedAtFraction,
    upstream: foreign(
      'upstreams',
      { required: true, description: 'The upstream that the target belongs to.' },
      'cascade',
    ),
    target: string({
      required: true,
      custom: (text: string) =>
        parseHostPort(text) === undefined
          ? `Invalid target ('${text}'); not a valid hostname or ip address`
          : undefined,
      transform: (text: string) => normaliseTarget(text) ?? text,
      description: 'Host or address with an optional port (default 8000).',
    }),
    weight: integer({
      default: 100,
      between: [0, 65535],
      description: 'Share of the traffic, relative to the other targets; 0 = none.',
    }),
    tags,
  }),
});
