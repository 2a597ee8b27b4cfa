/** Certificates with their private keys, presented to clients or to upstreams. */
import type { X509Certificate as Certificate, KeyObject } from 'node:crypto';
import { mutuallyRequired } from '../schema/checks.ts';
import { type EntityCheck, record, string } from '../schema/field.ts';
import { ENTITY } from '../schema/problem.ts';
import { isVaultReference } from '../schema/rules.ts';
import { createdAt, id, tags, updatedAt } from './columns.ts';
import { define } from './definition.ts';

const { createPrivateKey, X509Certificate } = process.getBuiltinModule('node:crypto');

type Row = Readonly<Record<string, unknown>>;

function reason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/^error:[0-9A-F]+:/, '');
}

export function brokenCertificate(pem: string): string | undefined {
  try {
    new X509Certificate(pem);
    return undefined;
  } catch (error) {
    return `invalid certificate: ${reason(error)}`;
  }
}

export function brokenPrivateKey(pem: string): string | undefined {
  try {
    createPrivateKey(pem);
    return undefined;
  } catch (error) {
    return `invalid key: ${reason(error)}`;
  }
}

/** Both as objects; undefined when one is absent or a reference whose value is not known here. */
function pair(row: Row, certField: string, keyField: string): [Certificate, KeyObject] | undefined {
  const cert = row[certField];
  const key = row[keyField];
  if (typeof cert !== 'string' || typeof key !== 'string') return undefined;
  if (isVaultReference(cert) || isVaultReference(key)) return undefined;
  return [new X509Certificate(cert), createPrivateKey(key)];
}

function matches(certField: string, keyField: string, message: string): EntityCheck {
  return {
    name: 'custom_entity_check',
    fields: [certField, keyField],
    document: { custom_entity_check: { field_sources: [certField, keyField] } },
    run(row, report) {
      const both = pair(row, certField, keyField);
      if (both !== undefined && !both[0].checkPrivateKey(both[1])) report(ENTITY, message);
    },
  };
}

const differentTypes: EntityCheck = {
  name: 'custom_entity_check',
  fields: ['cert', 'cert_alt'],
  document: { custom_entity_check: { field_sources: ['cert', 'cert_alt'] } },
  run(row, report) {
    const { cert, cert_alt: alternative } = row;
    if (typeof cert !== 'string' || typeof alternative !== 'string') return;
    if (isVaultReference(cert) || isVaultReference(alternative)) return;
    const type = new X509Certificate(cert).publicKey.asymmetricKeyType;
    if (type === new X509Certificate(alternative).publicKey.asymmetricKeyType) {
      report(
        ENTITY,
        'certificate and alternative certificate need to have different type (e.g. RSA and ECDSA), ' +
          'the provided certificates were both of the same type',
      );
    }
  },
};

export const certificates = define({
  collection: 'certificates',
  endpointKey: undefined,
  cacheKey: undefined,
  schema: record(
    {
      id,
      created_at: createdAt,
      updated_at: updatedAt,
      cert: string({
        required: true,
        referenceable: true,
        custom: brokenCertificate,
        description: 'Certificate chain, PEM, the own certificate first.',
      }),
      key: string({
        required: true,
        referenceable: true,
        encrypted: true,
        custom: brokenPrivateKey,
        description: 'Private key, PEM.',
      }),
      cert_alt: string({
        referenceable: true,
        custom: brokenCertificate,
        description: 'A second certificate chain with another type of key (RSA beside ECDSA), PEM.',
      }),
      key_alt: string({
        referenceable: true,
        encrypted: true,
        custom: brokenPrivateKey,
        description: 'Private key of the second certificate, PEM.',
      }),
      tags,
    },
    {
      checks: [
        mutuallyRequired('cert_alt', 'key_alt'),
        matches('cert', 'key', 'certificate does not match key'),
        matches('cert_alt', 'key_alt', 'alternative certificate does not match key'),
        differentTypes,
      ],
    },
  ),
});
