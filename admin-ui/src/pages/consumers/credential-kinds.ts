/** The kinds of credentials that a consumer may have. */
import type { Endpoint } from '../../api/endpoints.ts';

export interface CredentialKind {
  /** As its schema is called. */
  readonly collection: string;
  readonly title: string;
  readonly singular: string;
  readonly list: Endpoint;
  readonly one: Endpoint;
  /** What identifies one and is no secret. */
  readonly shown: readonly string[];
  /** What is secret: shown once, when it is made. */
  readonly secrets: readonly string[];
}

export const CREDENTIAL_KINDS: readonly CredentialKind[] = [
  {
    collection: 'keyauth_credentials',
    title: 'Keys',
    singular: 'key',
    list: 'keyAuths',
    one: 'keyAuth',
    shown: ['ttl'],
    secrets: ['key'],
  },
  {
    collection: 'basicauth_credentials',
    title: 'Basic authentication',
    singular: 'user name and password',
    list: 'basicAuths',
    one: 'basicAuth',
    shown: ['username'],
    secrets: ['password'],
  },
  {
    collection: 'jwt_secrets',
    title: 'JWT',
    singular: 'JWT credential',
    list: 'jwts',
    one: 'jwt',
    shown: ['key', 'algorithm'],
    secrets: ['secret'],
  },
  {
    collection: 'hmacauth_credentials',
    title: 'HMAC',
    singular: 'HMAC credential',
    list: 'hmacAuths',
    one: 'hmacAuth',
    shown: ['username'],
    secrets: ['secret'],
  },
  {
    collection: 'acls',
    title: 'Groups (ACL)',
    singular: 'group',
    list: 'acls',
    one: 'acl',
    shown: ['group'],
    secrets: [],
  },
];
