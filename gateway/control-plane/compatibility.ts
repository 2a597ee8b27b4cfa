/**
 * Whether a data plane can run what it would be sent: Kong's rules for hybrid mode, and Kong's words for the outcome
 * (`sync_status` of `/clustering/data-planes`).
 */
export type SyncStatus =
  | 'unknown'
  | 'normal'
  | 'kong_version_incompatible'
  | 'plugin_set_incompatible'
  | 'plugin_version_incompatible';

export interface Compatibility {
  readonly status: SyncStatus;
  /** What is not compatible; empty when all is. */
  readonly reason: string;
}

const NORMAL: Compatibility = { status: 'normal', reason: '' };

/**
 * `needed`: plugins that are configured for the node. `ours`: the versions of all plugins here. Of each the node must
 * have the same major version, and no newer minor one than the control plane knows.
 */
export function compatibility(
  node: { readonly version: string; readonly plugins: Readonly<Record<string, string>> },
  needed: ReadonlySet<string>,
  ours: { readonly version: string; readonly plugins: ReadonlyMap<string, string> },
): Compatibility {
  if (!follows(node.version, ours.version)) {
    return {
      status: 'kong_version_incompatible',
      reason: `version ${node.version} does not go with version ${ours.version} of the control plane`,
    };
  }
  const missing = [...needed].filter((name) => !Object.hasOwn(node.plugins, name)).sort();
  if (missing.length > 0) {
    return { status: 'plugin_set_incompatible', reason: `has no plugin ${missing.join(', ')}` };
  }
  for (const name of [...needed].sort()) {
    const version = ours.plugins.get(name);
    const theirs = node.plugins[name] as string;
    if (version === undefined || follows(theirs, version)) continue;
    return {
      status: 'plugin_version_incompatible',
      reason: `version ${theirs} of plugin ${name} does not go with version ${version} of the control plane`,
    };
  }
  return NORMAL;
}

/** Same major version, minor version not above. What is no version goes with nothing but itself. */
function follows(theirs: string, ours: string): boolean {
  if (theirs === ours) return true;
  const [theirMajor, theirMinor] = numbers(theirs);
  const [ourMajor, ourMinor] = numbers(ours);
  if (theirMajor === undefined || ourMajor === undefined) return false;
  return theirMajor === ourMajor && (theirMinor as number) <= (ourMinor as number);
}

function numbers(version: string): readonly [number, number] | readonly [] {
  const match = /^(\d{1,6})\.(\d{1,6})(?:\.|$)/.exec(version);
  return match === null ? [] : [Number(match[1]), Number(match[2])];
}
