/** What a certificate in PEM says (RFC 5280), read in the browser: whose it is, for which names, until when. */
import { derElements, derText, derTime, objectIdentifier } from './der.ts';

export interface CertificateText {
  readonly subject: string;
  readonly issuer: string;
  /** DNS names and addresses. */
  readonly names: readonly string[];
  /** Unix seconds. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly serial: string;
  readonly keyType: string;
  readonly selfSigned: boolean;
  readonly authority: boolean;
}

const ATTRIBUTES: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
};
const KEY_TYPES: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.1': 'RSA',
  '1.2.840.10045.2.1': 'ECDSA',
  '1.3.101.112': 'Ed25519',
  '1.3.101.113': 'Ed448',
};
const SUBJECT_ALT_NAME = '2.5.29.17';
const BASIC_CONSTRAINTS = '2.5.29.19';
const PEM = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g;

/** All certificates of a chain, the own one first. What is no certificate is left out; a reference to a vault gives none. */
export function readCertificates(pem: string): readonly CertificateText[] {
  return [...pem.matchAll(PEM)].flatMap(([, base64 = '']) => {
    try {
      const octets = Uint8Array.from(atob(base64.replaceAll(/\s+/g, '')), (letter) => letter.charCodeAt(0));
      return [certificateText(octets)];
    } catch {
      return [];
    }
  });
}

function certificateText(octets: Uint8Array): CertificateText {
  const [whole] = derElements(octets);
  const [signed] = derElements(present(whole).content);
  const parts = [...derElements(present(signed).content)];
  // [0] EXPLICIT version, which may be absent.
  if (parts[0]?.tag === 0xa0) parts.shift();
  const [serial, , issuer, validity, subject, publicKey, ...rest] = parts;
  const [notBefore, notAfter] = derElements(present(validity).content);
  const extensions = extensionsOf(rest.find(({ tag }) => tag === 0xa3)?.content);
  const [subjectText, issuerText] = [nameText(present(subject).content), nameText(present(issuer).content)];
  return {
    subject: subjectText,
    issuer: issuerText,
    names: alternativeNames(extensions.get(SUBJECT_ALT_NAME)),
    notBefore: derTime(present(notBefore)),
    notAfter: derTime(present(notAfter)),
    serial: [...present(serial).content].map((octet) => octet.toString(16).padStart(2, '0')).join(':'),
    keyType: keyType(present(publicKey).content),
    selfSigned: subjectText === issuerText,
    authority: isAuthority(extensions.get(BASIC_CONSTRAINTS)),
  };
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('cut off');
  return value;
}

function nameText(content: Uint8Array): string {
  return derElements(content)
    .flatMap((set) => derElements(set.content))
    .map((pair) => {
      const [type, value] = derElements(pair.content);
      const oid = objectIdentifier(present(type).content);
      return `${ATTRIBUTES[oid] ?? oid}=${derText(present(value))}`;
    })
    .join(', ');
}

function keyType(content: Uint8Array): string {
  const [algorithm, key] = derElements(content);
  const [oid] = derElements(present(algorithm).content);
  const name = KEY_TYPES[objectIdentifier(present(oid).content)] ?? 'unknown';
  if (name !== 'RSA') return name;
  // A BIT STRING that holds SEQUENCE { modulus, exponent }, the first octet of each saying how many bits are unused.
  const [sequence] = derElements(present(key).content.subarray(1));
  const [modulus] = derElements(present(sequence).content);
  return `RSA ${(present(modulus).content.length - 1) * 8}`;
}

function extensionsOf(content: Uint8Array | undefined): ReadonlyMap<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  if (content === undefined) return found;
  const [list] = derElements(content);
  for (const extension of derElements(present(list).content)) {
    const fields = derElements(extension.content);
    found.set(objectIdentifier(present(fields[0]).content), present(fields.at(-1)).content);
  }
  return found;
}

function alternativeNames(value: Uint8Array | undefined): readonly string[] {
  if (value === undefined) return [];
  const [list] = derElements(value);
  return derElements(present(list).content).flatMap((name) => {
    if (name.tag === 0x82) return [derText(name)];
    if (name.tag === 0x87) return [addressText(name.content)];
    return [];
  });
}

function addressText(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join('.');
  const groups = Array.from({ length: octets.length / 2 }, (_, i) =>
    (((octets[2 * i] as number) << 8) | (octets[2 * i + 1] as number)).toString(16),
  );
  return groups.join(':');
}

function isAuthority(value: Uint8Array | undefined): boolean {
  if (value === undefined) return false;
  const [sequence] = derElements(value);
  const [flag] = derElements(present(sequence).content);
  return flag?.tag === 0x01 && flag.content[0] === 0xff;
}
