/** What the certificates in a PEM say, one card each. */
import { Time } from '../../entities/cells.tsx';
import { Badge } from '../../parts/badge.tsx';
import { Facts } from '../../parts/facts.tsx';
import { Card } from '../../parts/page.tsx';
import { readCertificates } from './certificate-text.ts';
import { ExpiryBar } from './expiry.tsx';

export function CertificateCards({ pem, title }: { readonly pem: string; readonly title: string }) {
  const certificates = readCertificates(pem);
  if (certificates.length === 0)
    return (
      <Card title={title}>
        <p className="text-soft">
          {pem.startsWith('{vault://') ? (
            <>
              It comes from a vault: <code>{pem}</code>
            </>
          ) : (
            'This page cannot read it; the gateway may.'
          )}
        </p>
      </Card>
    );
  return certificates.map((certificate, i) => (
    <Card
      key={certificate.serial}
      title={i === 0 ? title : `Chain: ${i}`}
      actions={
        <span className="flex gap-1">
          {certificate.authority && <Badge>authority</Badge>}
          {certificate.selfSigned && (
            <Badge tone={certificate.authority ? 'quiet' : 'warn'}>self-signed</Badge>
          )}
          {i > 0 && certificates[i - 1]?.issuer !== certificate.subject && (
            <Badge tone="bad" icon>
              does not continue the chain
            </Badge>
          )}
        </span>
      }
    >
      <Facts
        rows={[
          ['Subject', certificate.subject],
          ['Names', certificate.names.join(', ')],
          ['Issuer', certificate.issuer],
          [
            'Valid',
            <ExpiryBar key="valid" notBefore={certificate.notBefore} notAfter={certificate.notAfter} />,
          ],
          ['From', <Time key="from" seconds={certificate.notBefore} />],
          ['Until', <Time key="until" seconds={certificate.notAfter} />],
          ['Key', certificate.keyType],
          [
            'Serial',
            <span key="serial" className="font-mono text-12">
              {certificate.serial}
            </span>,
          ],
        ]}
      />
    </Card>
  ));
}
