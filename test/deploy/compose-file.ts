/** docker-compose.yml as Compose reads it: merge keys and anchors resolved, the short forms that it uses made long. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ROOT } from '../docs/documents.ts';

export interface Mount {
  /** A named volume, or a path from the root of the repository (`./...`). */
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

export interface Service {
  readonly image: string;
  /** Stage of deploy/Dockerfile; undefined for an image of others. */
  readonly buildTarget: string | undefined;
  readonly entrypoint: readonly string[] | undefined;
  readonly command: readonly string[] | undefined;
  readonly environment: Readonly<Record<string, string>>;
  /** `HOST:CONTAINER` with or without an address before it. */
  readonly ports: readonly string[];
  readonly mounts: readonly Mount[];
  /** Networks with the further names that the service has there. */
  readonly networks: ReadonlyMap<string, readonly string[]>;
  /** Service to condition. */
  readonly dependsOn: ReadonlyMap<string, string>;
  readonly healthcheck: Readonly<Record<string, unknown>> | undefined;
  /** As it stands in the file. */
  readonly raw: Readonly<Record<string, unknown>>;
}

type Raw = Readonly<Record<string, unknown>>;

export function composeDocument(): Raw {
  return parse(readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8'), { merge: true }) as Raw;
}

export function services(document: Raw = composeDocument()): ReadonlyMap<string, Service> {
  return new Map(
    Object.entries(document['services'] as Record<string, Raw>).map(([name, raw]) => [name, serviceOf(raw)]),
  );
}

function serviceOf(raw: Raw): Service {
  const build = raw['build'] as { readonly target: string } | undefined;
  const networks = raw['networks'] as readonly string[] | Record<string, { aliases?: string[] }>;
  const dependencies = (raw['depends_on'] ?? {}) as Record<string, { readonly condition: string }>;
  return {
    image: raw['image'] as string,
    buildTarget: build?.target,
    entrypoint: raw['entrypoint'] as string[] | undefined,
    command: raw['command'] as string[] | undefined,
    environment: (raw['environment'] ?? {}) as Record<string, string>,
    ports: (raw['ports'] ?? []) as string[],
    mounts: ((raw['volumes'] ?? []) as string[]).map((text) => {
      const [source = '', target = '', mode] = text.split(':');
      return { source, target, readOnly: mode === 'ro' };
    }),
    networks: new Map(
      Array.isArray(networks)
        ? networks.map((name: string) => [name, []])
        : Object.entries(networks).map(([name, { aliases = [] }]) => [name, aliases]),
    ),
    dependsOn: new Map(Object.entries(dependencies).map(([name, { condition }]) => [name, condition])),
    healthcheck: raw['healthcheck'] as Raw | undefined,
    raw,
  };
}
