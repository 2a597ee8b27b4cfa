/** Certificates, the names for which they are served, and authorities that are trusted. */
import { Plus } from 'lucide-react';
import { useMemo, useState } from 'react';
import type { Entity } from '../../api/documents.ts';
import { pathOf } from '../../api/endpoints.ts';
import { client } from '../../api/gateway.ts';
import { EntityLink, ReferenceLink, Tags, tagText } from '../../entities/cells.tsx';
import { EntityList } from '../../entities/entity-list.tsx';
import { knownKind } from '../../entities/kinds.ts';
import { useById } from '../../entities/use-entities.ts';
import { Button, ButtonLink } from '../../parts/button.tsx';
import { curlOf } from '../../parts/command-text.ts';
import { CopyAs } from '../../parts/copy-as.tsx';
import { Page } from '../../parts/page.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import type { TableColumn } from '../../table/columns.ts';
import { type CertificateText, readCertificates } from './certificate-text.ts';
import { daysLeft, ExpiryBadge, SOON_DAYS } from './expiry.tsx';

export function TlsPage() {
  return (
    <Page
      title="TLS"
      actions={
        <>
          <CopyAs
            curl={() => curlOf(String(client.url(pathOf('certificates'))))}
            command={() => 'cardinal dump -o kong.yml'}
          />
          <ButtonLink weight="primary" icon={Plus} to={'/tls/certificates/new' as '/'} data-shortcut="n">
            New certificate
          </ButtonLink>
        </>
      }
    >
      <Tabs
        label="TLS"
        tabs={[
          {
            id: 'certificates',
            label: 'Certificates',
            content: () => <Certificates collection="certificates" />,
          },
          { id: 'snis', label: 'SNIs', content: () => <Snis /> },
          {
            id: 'ca',
            label: 'CA certificates',
            content: () => <Certificates collection="ca_certificates" />,
          },
        ]}
      />
    </Page>
  );
}

function Certificates({ collection }: { readonly collection: 'certificates' | 'ca_certificates' }) {
  const kind = knownKind(collection);
  const [soon, setSoon] = useState(false);
  const columns = useMemo((): readonly TableColumn<Entity>[] => {
    // Read once for a certificate, whatever is rendered anew.
    const cache = new WeakMap<Entity, CertificateText | undefined>();
    const of = (entity: Entity) => {
      if (!cache.has(entity)) cache.set(entity, readCertificates(String(entity['cert']))[0]);
      return cache.get(entity);
    };
    return [
      {
        id: 'subject',
        header: 'Subject',
        value: (entity) => of(entity)?.subject ?? entity.id,
        cell: (entity) => (
          <EntityLink
            kind={{ ...kind, names: ['shown'] }}
            entity={{ ...entity, shown: of(entity)?.subject ?? entity.id }}
          />
        ),
      },
      ...(collection === 'certificates'
        ? [
            {
              id: 'snis',
              header: 'SNIs',
              width: 220,
              mono: true,
              value: (entity: Entity) => (Array.isArray(entity['snis']) ? entity['snis'].join(', ') : ''),
            },
          ]
        : []),
      { id: 'issuer', header: 'Issuer', value: (entity) => of(entity)?.issuer },
      {
        id: 'expires',
        header: 'Expires',
        width: 150,
        value: (entity) => of(entity)?.notAfter,
        cell: (entity) => {
          const notAfter = of(entity)?.notAfter;
          return notAfter === undefined ? '' : <ExpiryBadge notAfter={notAfter} />;
        },
      },
      { id: 'key', header: 'Key', width: 110, value: (entity) => of(entity)?.keyType },
      {
        id: 'tags',
        header: 'Tags',
        width: 140,
        value: tagText,
        cell: (entity) => <Tags tags={entity.tags} />,
      },
      { id: 'id', header: 'Id', mono: true, width: 290, hidden: true, value: ({ id }) => id },
    ];
  }, [kind, collection]);
  const keep = useMemo(
    () =>
      soon
        ? (entity: Entity) => {
            const [first] = readCertificates(String(entity['cert']));
            return first !== undefined && daysLeft(first.notAfter) < SOON_DAYS;
          }
        : undefined,
    [soon],
  );
  return (
    <EntityList
      kind={kind}
      columns={columns}
      prefix={`${collection}-`}
      {...(keep === undefined ? {} : { keep })}
      toolbar={
        <Button weight={soon ? 'primary' : 'plain'} aria-pressed={soon} onClick={() => setSoon(!soon)}>
          Expires within {SOON_DAYS} days
        </Button>
      }
    />
  );
}

function Snis() {
  const certificates = useById(pathOf('certificates'));
  const kind = knownKind('snis');
  const columns = useMemo(
    (): readonly TableColumn<Entity>[] => [
      {
        id: 'name',
        header: 'Name',
        value: (sni) => String(sni['name']),
        cell: (sni) => <EntityLink kind={kind} entity={sni} />,
      },
      {
        id: 'certificate',
        header: 'Certificate',
        width: 200,
        value: (sni) => JSON.stringify(sni['certificate']),
        cell: (sni) => (
          <ReferenceLink collection="certificates" value={sni['certificate']} byId={certificates} />
        ),
      },
      { id: 'tags', header: 'Tags', width: 200, value: tagText, cell: (sni) => <Tags tags={sni.tags} /> },
    ],
    [certificates, kind],
  );
  return <EntityList kind={kind} columns={columns} prefix="snis-" />;
}
