/**
 * What a plugin outside this repository gets at run time, because it cannot import our files by a path that
 * is sure to resolve: its default export is then a function `(sdk) => definition`. Types come from
 * `import type { PluginSdk } from '@cardinal/shared/plugin-sdk'`.
 */
import * as field from '../config/schema/field.ts';
import { definePlugin } from './contract.ts';

export type * from './contract.ts';

export const sdk = {
  definePlugin,
  /** Builders of schema fields: `field.record({ limit: field.integer({ default: 5 }) })`. */
  field,
} as const;

export type PluginSdk = typeof sdk;
