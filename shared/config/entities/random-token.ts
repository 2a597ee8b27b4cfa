/** What is made up where a key or a secret is not given. */

const { randomBytes } = process.getBuiltinModule('node:crypto');

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** 32 random letters and digits: what Kong fills into a generated key or secret. */
export function randomToken(): string {
  let token = '';
  while (token.length < 32) {
    for (const byte of randomBytes(48)) {
      // Above the largest multiple of 62 the letters would not be equally likely.
      if (byte < 248 && token.length < 32) token += ALPHABET[byte % 62];
    }
  }
  return token;
}
