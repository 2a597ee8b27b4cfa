/**
 * Texts that only this gateway can have written and read: AES-256-GCM under a key made from the configured secret
 * (HKDF, RFC 5869). What the text is for is authenticated as well, so that no cookie can be sent as another.
 */

const { createCipheriv, createDecipheriv, hkdfSync, randomBytes } = process.getBuiltinModule('node:crypto');

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const SEALED = /^[A-Za-z0-9_-]+$/;
/** Browsers keep cookies of 4096 octets, name and attributes included. */
export const MAX_SEALED_LENGTH = 3800;

export interface Opened {
  readonly text: string;
  /** It was sealed with a secret that was. */
  readonly outdated: boolean;
}

export class Seal {
  readonly #keys: readonly Buffer[];
  readonly #purpose: Buffer;

  /** `secrets`: the one in force first. */
  constructor(secrets: readonly string[], purpose: string) {
    this.#keys = secrets.map((secret) =>
      Buffer.from(hkdfSync('sha256', secret, '', 'cardinal session 1', 32)),
    );
    this.#purpose = Buffer.from(purpose);
  }

  seal(text: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#keys[0]!, nonce);
    cipher.setAAD(this.#purpose);
    return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString(
      'base64url',
    );
  }

  /** Undefined for whatever was not sealed here for this purpose. */
  open(sealed: string): Opened | undefined {
    if (sealed.length > MAX_SEALED_LENGTH || !SEALED.test(sealed)) return undefined;
    const bytes = Buffer.from(sealed, 'base64url');
    if (bytes.length <= NONCE_BYTES + TAG_BYTES) return undefined;
    for (let at = 0; at < this.#keys.length; at++) {
      const text = this.#openWith(this.#keys[at]!, bytes);
      if (text !== undefined) return { text, outdated: at > 0 };
    }
    return undefined;
  }

  #openWith(key: Buffer, bytes: Buffer): string | undefined {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(this.#purpose);
    decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
    try {
      const start = decipher.update(bytes.subarray(NONCE_BYTES, bytes.length - TAG_BYTES));
      return Buffer.concat([start, decipher.final()]).toString('utf8');
    } catch {
      return undefined;
    }
  }
}
