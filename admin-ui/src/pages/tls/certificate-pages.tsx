/** One certificate, one authority, one SNI. Private keys are never shown. */
import type { Entity } from '../../api/documents.ts';
import { pathOf } from '../../api/endpoints.ts';
import { ReferenceLink, Tags, Time } from '../../entities/cells.tsx';
import { CreatePage } from '../../entities/create-page.tsx';
import { EntityPage } from '../../entities/entity-page.tsx';
import { useById } from '../../entities/use-entities.ts';
import { Facts } from '../../parts/facts.tsx';
import { Card, type Crumb } from '../../parts/page.tsx';
import { CertificateCards } from './certificate-card.tsx';

const CRUMBS: readonly Crumb[] = [{ label: 'TLS', to: '/tls' as '/' }];

export const NewCertificatePage = () => <CreatePage collection="certificates" crumbs={CRUMBS} />;
export const NewCaCertificatePage = () => <CreatePage collection="ca_certificates" crumbs={CRUMBS} />;
export const NewSniPage = () => <CreatePage collection="snis" crumbs={CRUMBS} />;

export function CertificatePage() {
  return (
    <EntityPage
      collection="certificates"
      crumbs={CRUMBS}
      summary={(certificate) => (
        <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_340px]">
          <div className="flex flex-col gap-4">
            <CertificateCards pem={String(certificate['cert'])} title="Certificate" />
            {typeof certificate['cert_alt'] === 'string' && (
              <CertificateCards pem={certificate['cert_alt']} title="Second certificate" />
            )}
          </div>
          <Card title="Served for">
            <Facts
              rows={[
                ['SNIs', Array.isArray(certificate['snis']) ? certificate['snis'].join(', ') : ''],
                ...common(certificate),
              ]}
            />
          </Card>
        </div>
      )}
    />
  );
}

export function CaCertificatePage() {
  return (
    <EntityPage
      collection="ca_certificates"
      crumbs={CRUMBS}
      summary={(certificate) => (
        <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_340px]">
          <CertificateCards pem={String(certificate['cert'])} title="CA certificate" />
          <Card title="Facts">
            <Facts
              rows={[
                [
                  'SHA-256',
                  <span key="digest" className="font-mono text-12 break-all">
                    {String(certificate['cert_digest'])}
                  </span>,
                ],
                ...common(certificate),
              ]}
            />
          </Card>
        </div>
      )}
    />
  );
}

export function SniPage() {
  return <EntityPage collection="snis" crumbs={CRUMBS} summary={(sni) => <SniSummary sni={sni} />} />;
}

function SniSummary({ sni }: { readonly sni: Entity }) {
  const certificates = useById(pathOf('certificates'));
  return (
    <Card title="Facts">
      <Facts
        rows={[
          ['Name', String(sni['name'])],
          [
            'Certificate',
            <ReferenceLink
              key="certificate"
              collection="certificates"
              value={sni['certificate']}
              byId={certificates}
            />,
          ],
          ...common(sni),
        ]}
      />
    </Card>
  );
}

function common(entity: Entity): readonly (readonly [string, React.ReactNode])[] {
  return [
    ['Tags', <Tags key="tags" tags={entity.tags} />],
    ['Created', <Time key="created" seconds={entity.created_at} />],
    ['Changed', <Time key="changed" seconds={entity.updated_at} />],
    [
      'Id',
      <span key="id" className="font-mono text-12">
        {entity.id}
      </span>,
    ],
  ];
}
