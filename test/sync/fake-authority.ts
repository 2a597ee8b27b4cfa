/** A small CA for tests of data planes: certificates as a control plane gives them. */
import { createPrivateKey, createPublicKey, type KeyObject, randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { CONTROL_PLANE_URI, type DataPlaneIdentity, identityUri } from '../../shared/sync/identity.ts';

const CURVE = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNING = { name: 'ECDSA', hash: 'SHA-256' } as const;
/** Certificates begin so long ago. */
export const BACKDATED_MS = 300_000;

export interface KeyPair {
  /** PEM. */
  readonly certificate: string;
  /** PEM. */
  readonly privateKey: string;
}

export class FakeAuthority {
  /** PEM. */
  readonly certificate: string;
  readonly #keys: webcrypto.CryptoKeyPair;
  readonly #name: string;

  private constructor(certificate: string, keys: webcrypto.CryptoKeyPair, name: string) {
    this.certificate = certificate;
    this.#keys = keys;
    this.#name = name;
  }

  static async create(): Promise<FakeAuthority> {
    const keys = await newKeys();
    const name = `CN=fake ${randomBytes(4).toString('hex')}`;
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      serialNumber: '01',
      name,
      notBefore: new Date(Date.now() - BACKDATED_MS),
      notAfter: new Date(Date.now() + 86_400_000),
      keys,
      signingAlgorithm: SIGNING,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      ],
    });
    return new FakeAuthority(certificate.toString('pem'), keys, name);
  }

  /** PEM of a certificate for a data plane. */
  forDataPlane(publicKey: KeyObject, identity: DataPlaneIdentity, lifetimeMs: number): Promise<string> {
    return this.#issue(publicKey, identityUri(identity), x509.ExtendedKeyUsage.clientAuth, lifetimeMs);
  }

  async forListener(): Promise<KeyPair> {
    const { privateKey: key } = await newKeys();
    const privateKey = await pemOf(key);
    const usage = x509.ExtendedKeyUsage.serverAuth;
    const certificate = await this.#issue(createPublicKey(privateKey), CONTROL_PLANE_URI, usage, 3_600_000);
    return { certificate, privateKey };
  }

  async #issue(
    publicKey: KeyObject,
    uri: string,
    usage: x509.ExtendedKeyUsage,
    lifetimeMs: number,
  ): Promise<string> {
    const spki = publicKey.export({ type: 'spki', format: 'der' });
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: `40${randomBytes(8).toString('hex')}`,
      subject: 'CN=of a test',
      issuer: this.#name,
      notBefore: new Date(Date.now() - BACKDATED_MS),
      notAfter: new Date(Date.now() + lifetimeMs),
      publicKey: await webcrypto.subtle.importKey('spki', spki, CURVE, true, ['verify']),
      signingKey: this.#keys.privateKey,
      signingAlgorithm: SIGNING,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        // Both, so that it is the name alone that tells a data plane's from the control plane's.
        new x509.ExtendedKeyUsageExtension([usage, x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension([{ type: 'url', value: uri }]),
      ],
    });
    return certificate.toString('pem');
  }
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(CURVE, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>;
}

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  const pem = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).export({
    type: 'pkcs8',
    format: 'pem',
  });
  return pem as string;
}
