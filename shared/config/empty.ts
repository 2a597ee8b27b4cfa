/** The configuration of a node that has not been given one: no entities, Kong's hash of nothing. */
import { EMPTY_HASH } from './declarative/assemble.ts';
import type { Configuration } from './entities.ts';

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
