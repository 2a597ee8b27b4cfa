/** Self-signed certificates for tests, made with the openssl command; undefined where there is none. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Certificate } from '../../../config/entities.ts';

export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
}

export function makeCertificate(name: string): TestCertificate | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'certificate-'));
  try {
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
        ...['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`, '-keyout', key, '-out', cert],
      ],
      { stdio: 'ignore' },
    );
    return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
  } catch {
    return undefined;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** As an entity of a configuration. */
export function certificateEntity(id: number, { cert, key }: TestCertificate): Certificate {
  return {
    id: `33333333-3333-4333-8333-${String(id).padStart(12, '0')}`,
    created_at: 0,
    updated_at: 0,
    tags: null,
    cert,
    key,
    cert_alt: null,
    key_alt: null,
  };
}
