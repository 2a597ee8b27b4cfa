/** CA certificates: whom the gateway trusts when it verifies an upstream or a client. */
import { record, string } from '../schema/field.ts';
import { brokenCertificate } from './certificates.ts';
import { createdAt, id, tags, updatedAt } from './columns.ts';
import { define } from './definition.ts';

const { X509Certificate } = process.getBuiltinModule('node:crypto');

function brokenCaCertificate(pem: string): string | undefined {
  if ((pem.match(/-----BEGIN CERTIFICATE-----/g)?.length ?? 0) > 1) {
    return 'please submit only one certificate at a time';
  }
  const broken = brokenCertificate(pem);
  if (broken !== undefined) return broken;
  return new X509Certificate(pem).ca
    ? undefined
    : 'certificate does not appear to be a CA because it is missing the "CA" basic constraint';
}

export const caCertificates = define({
  collection: 'ca_certificates',
  endpointKey: undefined,
  cacheKey: undefined,
  schema: record({
    id,
    created_at: createdAt,
    updated_at: updatedAt,
    cert: string({ required: true, custom: brokenCaCertificate, description: 'One CA certificate, PEM.' }),
    cert_digest: string({
      auto: true,
      unique: true,
      description: 'SHA-256 of the certificate, lower-case hex. Computed.',
    }),
    tags,
  }),
  derive(entity) {
    const { cert } = entity;
    if (typeof cert !== 'string') return;
    entity['cert_digest'] = new X509Certificate(cert).fingerprint256.replaceAll(':', '').toLowerCase();
  },
  inspect(entity, nowSeconds) {
    const { cert } = entity;
    if (typeof cert !== 'string') return undefined;
    return new X509Certificate(cert).validToDate.getTime() < nowSeconds * 1000
      ? { field: 'cert', message: 'certificate expired, "Not After" time is in the past' }
      : undefined;
  },
});
