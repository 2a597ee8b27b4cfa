/**
 * Certificates by server name (Kong 4.8): exact, `*.rest`, `prefix.*`, `*`. Contexts are made when a name
 * is first asked for, and kept.
 */
import type { SecureContext } from 'node:tls';
import type { Certificate, Configuration } from '../entities.ts';

export interface CertificateTable {
  readonly default: { readonly cert: string; readonly key: string } | undefined;
  for(serverName: string | undefined): SecureContext | undefined;
}

export function certificateTable(configuration: Configuration): CertificateTable {
  const byId = new Map(configuration.certificates.map((certificate) => [certificate.id, certificate]));
  const bySni = new Map<string, Certificate>();
  for (const sni of configuration.snis) {
    const certificate = byId.get(sni.certificate.id);
    if (certificate !== undefined) bySni.set(sni.name.toLowerCase(), certificate);
  }
  const contexts = new Map<Certificate, SecureContext>();
  const fallback = bySni.get('*') ?? oldestServed(configuration);
  return {
    default: fallback === undefined ? undefined : { cert: fallback.cert, key: fallback.key },
    for(serverName) {
      if (serverName === undefined) return undefined;
      const certificate = find(bySni, withoutDot(serverName.toLowerCase()));
      if (certificate === undefined) return undefined;
      let context = contexts.get(certificate);
      if (context === undefined) {
        context = process.getBuiltinModule('node:tls').createSecureContext({
          cert: certificate.cert_alt === null ? certificate.cert : [certificate.cert, certificate.cert_alt],
          key: certificate.key_alt === null ? certificate.key : [certificate.key, certificate.key_alt],
          minVersion: 'TLSv1.2',
        });
        contexts.set(certificate, context);
      }
      return context;
    },
  };
}

/**
 * What a client without a known name is shown when no certificate is for `*`: the oldest one (the first of a file)
 * that is not what a service or an upstream is shown by us as its client.
 */
function oldestServed({ certificates, services, upstreams }: Configuration): Certificate | undefined {
  const ofClients = new Set([...services, ...upstreams].map((one) => one.client_certificate?.id));
  let oldest: Certificate | undefined;
  for (const certificate of certificates) {
    if (ofClients.has(certificate.id)) continue;
    if (oldest === undefined || certificate.created_at < oldest.created_at) oldest = certificate;
  }
  return oldest;
}

function find(bySni: ReadonlyMap<string, Certificate>, name: string): Certificate | undefined {
  const exact = bySni.get(name);
  if (exact !== undefined) return exact;
  const firstDot = name.indexOf('.');
  const lastDot = name.lastIndexOf('.');
  return (
    (firstDot < 0 ? undefined : bySni.get(`*${name.slice(firstDot)}`)) ??
    (lastDot < 0 ? undefined : bySni.get(`${name.slice(0, lastDot)}.*`)) ??
    bySni.get('*')
  );
}

function withoutDot(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name;
}
