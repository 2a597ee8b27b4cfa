/** One entity: what it is, what belongs to it, its configuration as a form and as text, and how it came to be so. */
import { useNavigate, useParams } from '@tanstack/react-router';
import { Ellipsis, Trash2 } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import type { Entity } from '../api/documents.ts';
import { pathOf } from '../api/endpoints.ts';
import { client } from '../api/gateway.ts';
import { useApi, useReadOnly } from '../api/use-api.ts';
import type { FormLayout } from '../form/schema-form.tsx';
import { IconButton } from '../parts/button.tsx';
import { curlOf } from '../parts/command-text.ts';
import { CopyAs } from '../parts/copy-as.tsx';
import { Menu, MenuItem } from '../parts/menu.tsx';
import { Card, type Crumb, Page } from '../parts/page.tsx';
import { ErrorPanel, SkeletonBlock } from '../parts/states.tsx';
import { type TabDefinition, Tabs } from '../parts/tabs.tsx';
import { declarativeYaml } from './declarative.ts';
import { DeleteDialog } from './delete-dialog.tsx';
import { EntityForm } from './entity-form.tsx';
import { EntityHistory } from './entity-history.tsx';
import { EntityText } from './entity-text.tsx';
import { type Kind, knownKind } from './kinds.ts';
import { layoutOf } from './layouts.ts';
import { nameOf } from './names.ts';
import { useSchema } from './use-schema.ts';

export interface EntityPageProps {
  readonly collection: string;
  readonly crumbs?: readonly Crumb[];
  /** The first tab, and those between it and the configuration. */
  readonly summary: (entity: Entity) => ReactNode;
  readonly tabs?: (entity: Entity) => readonly TabDefinition[];
  /** Beside the title. */
  readonly badges?: (entity: Entity) => ReactNode;
  readonly actions?: (entity: Entity) => ReactNode;
  readonly layout?: FormLayout;
  /** A sentence above the form. */
  readonly formNote?: (entity: Entity) => ReactNode;
}

export function EntityPage(props: EntityPageProps) {
  const { id = '' } = useParams({ strict: false }) as { readonly id?: string };
  const kind = knownKind(props.collection);
  const path = pathOf(kind.one, id);
  const { data: entity, error, refetch } = useApi<Entity>(path);
  const crumbs = props.crumbs ?? [{ label: capital(kind.plural), to: kind.page as '/' }];
  if (entity === undefined)
    return (
      <Page title={error === null ? capital(kind.singular) : `No such ${kind.singular}`} crumbs={crumbs}>
        {error === null ? (
          <div aria-busy="true">
            <SkeletonBlock className="h-64" />
          </div>
        ) : (
          <ErrorPanel error={error} what={`the ${kind.singular}`} onRetry={() => void refetch()} />
        )}
      </Page>
    );
  return <Loaded key={entity.id} {...props} crumbs={crumbs} kind={kind} path={path} entity={entity} />;
}

function Loaded(
  props: EntityPageProps & {
    readonly kind: Kind;
    readonly path: string;
    readonly entity: Entity;
    readonly crumbs: readonly Crumb[];
  },
) {
  const { kind, path, entity, crumbs } = props;
  const navigate = useNavigate();
  const { readOnly } = useReadOnly();
  const [deleting, setDeleting] = useState(false);
  const name = nameOf(kind, entity);
  return (
    <Page
      title={`${name} · ${kind.singular}`}
      heading={
        <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <span className="break-all">{name}</span>
          {props.badges?.(entity)}
        </span>
      }
      crumbs={crumbs}
      actions={
        <>
          {props.actions?.(entity)}
          <CopyAs
            curl={() => curlOf(String(client.url(path)))}
            yaml={() => declarativeYaml({ [kind.collection]: [entity] })}
          />
          {!readOnly && (
            <Menu trigger={<IconButton icon={Ellipsis} weight="plain" label="More actions" />}>
              <MenuItem icon={Trash2} danger onClick={() => setDeleting(true)}>
                Delete …
              </MenuItem>
            </Menu>
          )}
        </>
      }
    >
      <Tabs
        label={`Parts of ${name}`}
        tabs={[
          { id: 'summary', label: 'Summary', content: () => props.summary(entity) },
          ...(props.tabs?.(entity) ?? []),
          {
            id: 'configuration',
            label: 'Configuration',
            content: () => <Configuration {...props} />,
          },
          { id: 'text', label: 'YAML & JSON', content: () => <EntityText kind={kind} entity={entity} /> },
          { id: 'history', label: 'History', content: () => <EntityHistory id={entity.id} /> },
        ]}
      />
      <DeleteDialog
        kind={kind}
        entities={deleting ? [entity] : []}
        onClose={() => setDeleting(false)}
        onDeleted={() => void navigate({ to: crumbs.at(-1)?.to ?? '/' })}
      />
    </Page>
  );
}

function Configuration(
  props: EntityPageProps & { readonly kind: Kind; readonly path: string; readonly entity: Entity },
) {
  const { kind, entity, layout = layoutOf(kind.collection) } = props;
  const plugin = kind.collection === 'plugins' ? String(entity['name']) : undefined;
  const { schema, error, unknownPlugin } = useSchema(kind.collection, plugin);
  if (error !== null) return <ErrorPanel error={error} what="the form" />;
  if (schema === undefined) return <SkeletonBlock className="h-96" />;
  return (
    <div className="flex flex-col gap-3">
      {unknownPlugin && (
        <p className="text-warn">
          This gateway does not know the plugin {plugin}. Its settings are shown as JSON, and are kept as they
          are.
        </p>
      )}
      {props.formNote?.(entity)}
      <Card>
        <EntityForm
          schema={schema}
          collection={kind.collection}
          path={props.path}
          entity={entity}
          layout={layout}
          singular={kind.singular}
        />
      </Card>
    </div>
  );
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
