/**
 * The ready key of a credential. It is made at the first use and kept as long as the credential is in the
 * configuration, which is new after each change.
 */
import type { KeyObject } from 'node:crypto';
import type { PluginEntity } from '../../config/entities.ts';
import type { PluginLogger } from '../contract.ts';
import { type Algorithm, brokenKey, isAlgorithm } from './algorithms.ts';

const { createPublicKey, createSecretKey } = process.getBuiltinModule('node:crypto');

export interface CredentialKey {
  readonly algorithm: Algorithm;
  /** Undefined when what is stored cannot be a key of that algorithm. */
  readonly key: KeyObject | undefined;
}

export class CredentialKeys {
  readonly #keys = new WeakMap<PluginEntity, CredentialKey>();
  readonly #secretIsBase64: boolean;
  readonly #log: PluginLogger;

  constructor(secretIsBase64: boolean, log: PluginLogger) {
    this.#secretIsBase64 = secretIsBase64;
    this.#log = log;
  }

  of(credential: PluginEntity): CredentialKey {
    let key = this.#keys.get(credential);
    if (key === undefined) {
      key = this.#make(credential);
      this.#keys.set(credential, key);
    }
    return key;
  }

  #make(credential: PluginEntity): CredentialKey {
    const stored = credential['algorithm'];
    const algorithm: Algorithm = isAlgorithm(stored) ? stored : 'HS256';
    const key = algorithm.startsWith('HS') ? this.#secret(credential) : publicKey(credential);
    const broken = key === undefined ? 'has no usable key' : brokenKey(algorithm, key);
    const { id } = credential;
    if (broken !== undefined) {
      this.#log.warn('a jwt credential cannot be used', { credential: id, reason: `${algorithm} ${broken}` });
      return { algorithm, key: undefined };
    }
    // RFC 7518 section 3.2. Kong takes shorter ones, so they are not refused.
    const bits = Number(algorithm.slice(2));
    if (key?.symmetricKeySize !== undefined && key.symmetricKeySize * 8 < bits) {
      this.#log.warn('the secret of a jwt credential is short', { credential: id, wanted_bits: bits });
    }
    return { algorithm, key };
  }

  #secret(credential: PluginEntity): KeyObject | undefined {
    const secret = credential['secret'];
    if (typeof secret !== 'string') return undefined;
    const bytes = Buffer.from(secret, this.#secretIsBase64 ? 'base64' : 'utf8');
    return bytes.length === 0 ? undefined : createSecretKey(bytes);
  }
}

function publicKey(credential: PluginEntity): KeyObject | undefined {
  const pem = credential['rsa_public_key'];
  if (typeof pem !== 'string') return undefined;
  try {
    return createPublicKey(pem);
  } catch {
    return undefined;
  }
}
