/**
 * How a node gets its certificate: joined with a token, then renewed with the certificate itself. Keys are made
 * here and stay here; the secret of a token is sent to nobody but the control plane that the token names.
 */
import { isRecord } from '../../config/schema/validate.ts';
import { joinProofText, parseJoinToken, proveKey, renewProofText } from '../join-token.ts';
import { signingKey as readSigningKey } from '../manifest.ts';
import type { JoinRequest, RenewRequest } from '../protocol.ts';
import { pinnedCa, post } from './control-plane-request.ts';
import { certificateHash, type NodeIdentity, type NodeName } from './identity-store.ts';

const { createPrivateKey, createPublicKey, generateKeyPair, X509Certificate } =
  process.getBuiltinModule('node:crypto');
const { promisify } = process.getBuiltinModule('node:util');

const MAX_PEM = 16 * 1024;

/** Rejects with a RefusedByControlPlane when the token is not, or no longer, good. */
export async function join(
  url: string,
  token: string,
  name: NodeName,
  previous: NodeIdentity | undefined,
  signal: AbortSignal,
): Promise<NodeIdentity> {
  const claims = parseJoinToken(token)?.claims;
  if (claims === undefined) throw new Error('the token is no join token (setting token)');
  const ca = await pinnedCa(url, claims.ca, signal);
  const key = await newKey();
  const body: JoinRequest = {
    token: token.trim(),
    node: name.node,
    role: name.role,
    service: name.service,
    publicKey: key.publicKey,
    proof: proveKey(joinProofText(claims.id, name.node), createPrivateKey(key.privateKey)),
  };
  const answer = await post(url, '/v1/join', { ca }, body, signal);
  return identityFrom(answer, ca, name, key, previous);
}

/** A new certificate for a new key, under the same name. */
export async function renew(url: string, identity: NodeIdentity, signal: AbortSignal): Promise<NodeIdentity> {
  const key = await newKey();
  const body: RenewRequest = {
    publicKey: key.publicKey,
    proof: proveKey(renewProofText(identity.node), createPrivateKey(key.privateKey)),
  };
  const answer = await post(url, '/v1/renew', identity, body, signal);
  return identityFrom(answer, identity.ca, identity, key, identity);
}

interface Key {
  readonly publicKey: string;
  readonly privateKey: string;
}

async function newKey(): Promise<Key> {
  return promisify(generateKeyPair)('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
}

/** Throws unless the certificate is for this key and from this CA. */
function identityFrom(
  answer: unknown,
  ca: string,
  name: NodeName,
  key: Key,
  previous: NodeIdentity | undefined,
): NodeIdentity {
  if (!isRecord(answer)) throw new Error('the answer of the control plane is no identity');
  const { certificate, signingKey, notAfter } = answer;
  const newCa = answer['ca'];
  if (!isPem(certificate) || !isPem(signingKey) || !isPem(newCa) || typeof notAfter !== 'number')
    throw new Error('the answer of the control plane is no identity');
  const parsed = new X509Certificate(certificate);
  const issuer = new X509Certificate(ca);
  if (certificateHash(newCa) !== certificateHash(ca))
    throw new Error('the control plane answered with another CA');
  if (!parsed.publicKey.equals(createPublicKey(key.publicKey)))
    throw new Error('the certificate is for another key');
  if (!parsed.checkIssued(issuer) || !parsed.verify(issuer.publicKey))
    throw new Error('the certificate is not from the CA of the control plane');
  readSigningKey(signingKey);
  return {
    node: name.node,
    role: name.role,
    service: name.service,
    privateKey: key.privateKey,
    certificate,
    ca,
    signingKey,
    previousSigningKey: previousKey(previous, ca, signingKey),
    // The earlier of both: a certificate is of no use when it has ended.
    notAfter: Math.min(notAfter, parsed.validToDate.getTime()),
  };
}

function isPem(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_PEM && value.startsWith('-----BEGIN ');
}

/** What the same control plane signed with before this key; of another one nothing is believed. */
function previousKey(previous: NodeIdentity | undefined, ca: string, signingKey: string): string | null {
  if (previous === undefined || certificateHash(previous.ca) !== certificateHash(ca)) return null;
  return previous.signingKey === signingKey ? previous.previousSigningKey : previous.signingKey;
}
