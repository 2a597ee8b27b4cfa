/** The configuration of a node that has not been given one: no entities, Kong's hash of nothing. */
import type { Configuration } from './entities.ts';

export const EMPTY_HASH = '0'.repeat(32);

export const EMPTY_CONFIGURATION: Configuration = {
  services: [],
  routes: [],
  consumers: [],
  plugins: [],
  upstreams: [],
  targets: [],
  certificates: [],
  snis: [],
  ca_certificates: [],
  vaults: [],
  key_sets: [],
  keys: [],
  pluginEntities: {},
  hash: EMPTY_HASH,
};
