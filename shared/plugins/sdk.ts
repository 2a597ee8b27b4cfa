/**
 * What a plugin outside this repository gets at run time, because it cannot import our files by a path that
 * is sure to resolve: its default export is then a function `(sdk) => definition`. Types come from
 * `import type { PluginSdk } from '@cardinal/shared/plugin-sdk'`.
 */
import * as checks from '../config/schema/checks.ts';
import * as field from '../config/schema/field.ts';
import * as formats from '../config/schema/formats.ts';
import { definePlugin } from './contract.ts';

export type * from './contract.ts';

export const sdk = {
  definePlugin,
  /** Builders of schema fields: `field.record({ limit: field.integer({ default: 5 }) })`. */
  field,
  /** Checks over several fields, for `schema.checks` and a record's `checks`: `checks.atLeastOneOf('config.a', 'config.b')`. */
  checks,
  /** Fields with Kong's formats: `formats.headerNameField({})`, `field.string({ custom: formats.brokenIpOrCidr })`. */
  formats,
} as const;

export type PluginSdk = typeof sdk;
