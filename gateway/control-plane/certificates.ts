/**
 * The certificates of the control plane's own small CA: made, and read again. P-256 throughout. What a data plane
 * may be sent stands in its certificate, so that a stream can be judged while the store is away. Nothing here keeps
 * anything.
 */
import {
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  randomBytes,
  type webcrypto,
  X509Certificate,
} from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';
import {
  CONTROL_PLANE_URI,
  type DataPlaneIdentity,
  identityUri,
  parseIdentityUri,
} from '../../shared/sync/identity.ts';

const CURVE = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNING = { name: 'ECDSA', hash: 'SHA-256' } as const;
/** Clocks of other machines may be behind by that much. */
export const CLOCK_SKEW_MS = 5 * 60_000;
const CA_LIFETIME_MS = 10 * 365 * 86_400_000;
/** An arc of our own (X.667: below 2.25 by UUID): the grant of a data plane, a UTF8String of JSON. */
const GRANT_OID = '2.25.1459817250.1';
const UTF8_STRING = 0x0c;

export interface KeyPair {
  /** PEM. */
  readonly certificate: string;
  /** PEM, PKCS #8. */
  readonly privateKey: string;
}

/** Names of services that may be called; `*`: all. */
export type AllowedCalls = readonly string[] | '*';

/** What a certificate of a data plane says. */
export interface PeerCertificate {
  readonly identity: DataPlaneIdentity;
  readonly calls: AllowedCalls;
  /** Milliseconds since the epoch, like those below. */
  readonly issuedAt: number;
  readonly notBefore: number;
  readonly notAfter: number;
}

export interface Issuer {
  readonly certificate: X509Certificate;
  readonly key: webcrypto.CryptoKey;
}

/** A self-signed CA with a key of its own. */
export async function createAuthority(now: number): Promise<KeyPair> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    // Several control planes may be trusted by one machine; their names tell them apart.
    name: `CN=Cardinal control plane ${randomBytes(4).toString('hex')}`,
    notBefore: new Date(now - CLOCK_SKEW_MS),
    notAfter: new Date(now + CA_LIFETIME_MS),
    keys,
    signingAlgorithm: SIGNING,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: certificate.toString('pem'), privateKey: await pemOf(keys.privateKey) };
}

/** Throws when it is not a CA with its key. */
export async function openIssuer({ certificate, privateKey }: KeyPair): Promise<Issuer> {
  const parsed = new X509Certificate(certificate);
  const key = createPrivateKey(privateKey);
  if (!parsed.ca || !parsed.checkPrivateKey(key))
    throw new Error('the CA certificate and its key do not match');
  const der = key.export({ type: 'pkcs8', format: 'der' });
  return { certificate: parsed, key: await crypto.subtle.importKey('pkcs8', der, CURVE, false, ['sign']) };
}

/** PEM of a certificate for a data plane's own key. */
export async function issueToDataPlane(
  issuer: Issuer,
  publicKey: KeyObject,
  identity: DataPlaneIdentity,
  grant: { readonly calls: AllowedCalls; readonly now: number; readonly lifetimeMs: number },
): Promise<string> {
  const json = Buffer.from(JSON.stringify({ calls: grant.calls, issuedAt: grant.now }));
  return issue(issuer, publicKey, {
    name: identity.node,
    now: grant.now,
    lifetimeMs: grant.lifetimeMs,
    usage: x509.ExtendedKeyUsage.clientAuth,
    alternatives: [{ type: 'url', value: identityUri(identity) }],
    more: [new x509.Extension(GRANT_OID, false, Uint8Array.from(tagged(UTF8_STRING, json)))],
  });
}

/** A certificate for a listener that is reached by these names and addresses. */
export async function issueToListener(
  issuer: Issuer,
  names: readonly string[],
  times: { readonly now: number; readonly lifetimeMs: number },
): Promise<KeyPair> {
  const keys = await newKeys();
  const privateKey = await pemOf(keys.privateKey);
  const certificate = await issue(issuer, createPublicKey(privateKey), {
    name: 'control-plane',
    ...times,
    usage: x509.ExtendedKeyUsage.serverAuth,
    alternatives: [
      ...names.map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value })),
      { type: 'url', value: CONTROL_PLANE_URI },
    ],
    more: [],
  });
  return { certificate, privateKey };
}

/**
 * What a peer's certificate says, when this CA has signed it for a data plane; else undefined. That the peer has the
 * key is TLS's business; whether it is in time is the caller's.
 */
export function readPeerCertificate(raw: Buffer, ca: X509Certificate): PeerCertificate | undefined {
  try {
    const certificate = new X509Certificate(raw);
    if (certificate.ca || !certificate.checkIssued(ca) || !certificate.verify(ca.publicKey)) return undefined;
    const parsed = new x509.X509Certificate(Uint8Array.from(raw));
    const alternatives = parsed.getExtension(x509.SubjectAlternativeNameExtension)?.names.items ?? [];
    const [only] = alternatives;
    const identity =
      alternatives.length === 1 && only?.type === 'url' ? parseIdentityUri(only.value) : undefined;
    const extension = parsed.getExtension(GRANT_OID);
    if (identity === undefined || extension === null) return undefined;
    const grant = readGrant(Buffer.from(extension.value));
    if (grant === undefined) return undefined;
    return {
      identity,
      ...grant,
      notBefore: parsed.notBefore.getTime(),
      notAfter: parsed.notAfter.getTime(),
    };
  } catch {
    return undefined;
  }
}

/** `authorityKeyIdentifier` and the rest of what every certificate of this CA has. */
async function issue(
  issuer: Issuer,
  publicKey: KeyObject,
  what: {
    readonly name: string;
    readonly now: number;
    readonly lifetimeMs: number;
    readonly usage: x509.ExtendedKeyUsage;
    readonly alternatives: x509.JsonGeneralNames;
    readonly more: readonly x509.Extension[];
  },
): Promise<string> {
  const key = await crypto.subtle.importKey(
    'spki',
    publicKey.export({ type: 'spki', format: 'der' }),
    CURVE,
    true,
    ['verify'],
  );
  const authority = new x509.X509Certificate(Uint8Array.from(issuer.certificate.raw));
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [{ CN: [what.name.slice(0, 64)] }],
    issuer: authority.subjectName.toJSON(),
    notBefore: new Date(what.now - CLOCK_SKEW_MS),
    notAfter: new Date(what.now + what.lifetimeMs),
    publicKey: key,
    signingKey: issuer.key,
    signingAlgorithm: SIGNING,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([what.usage]),
      new x509.SubjectAlternativeNameExtension(what.alternatives),
      await x509.AuthorityKeyIdentifierExtension.create(authority, false),
      await x509.SubjectKeyIdentifierExtension.create(key),
      ...what.more,
    ],
  });
  return certificate.toString('pem');
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return crypto.subtle.generateKey(CURVE, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>;
}

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', key));
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).export({
    type: 'pkcs8',
    format: 'pem',
  }) as string;
}

/** Positive and 127 bits at most (RFC 5280 4.1.2.2 allows 20 octets). */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] as number) & 0x7f) | 0x40;
  return bytes.toString('hex');
}

/** One value in DER. */
function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  if (length > 0xffff) throw new RangeError('too long for a certificate');
  return Buffer.concat([Buffer.from([tag, 0x82, length >> 8, length & 0xff]), content]);
}

function readGrant(der: Buffer): Pick<PeerCertificate, 'calls' | 'issuedAt'> | undefined {
  if (der[0] !== UTF8_STRING) return undefined;
  const start = (der[1] as number) < 0x80 ? 2 : 4;
  const { calls, issuedAt } = JSON.parse(der.toString('utf8', start)) as {
    readonly calls: AllowedCalls;
    readonly issuedAt: number;
  };
  const listed = Array.isArray(calls) && calls.every((name) => typeof name === 'string');
  return (calls === '*' || listed) && Number.isSafeInteger(issuedAt) ? { calls, issuedAt } : undefined;
}
