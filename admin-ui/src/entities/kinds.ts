/**
 * The kinds of entities that the UI shows, and where: one row a kind. Their fields come from the schemas of the running
 * gateway, so nothing here repeats them.
 */
import {
  ArrowLeftRight,
  BadgeCheck,
  Blocks,
  FileKey2,
  Fingerprint,
  Globe,
  KeyRound,
  KeySquare,
  type LucideIcon,
  Route,
  Server,
  ShieldCheck,
  Users,
  Vault,
} from 'lucide-react';
import type { Endpoint } from '../api/endpoints.ts';

export interface Kind {
  /** As the Admin API and declarative files name it. */
  readonly collection: string;
  readonly singular: string;
  readonly plural: string;
  /** One sentence for people who see none yet. */
  readonly about: string;
  readonly icon: LucideIcon;
  readonly list: Endpoint;
  readonly one: Endpoint;
  /** Where an entity is shown: `{page}/{id}`. */
  readonly page: string;
  readonly createAt?: string;
  /** What it is called by, in this order. */
  readonly names: readonly string[];
  /** Found by the palette. */
  readonly searched: boolean;
  /** What goes with it when it is deleted, or keeps it from being deleted. */
  readonly children: readonly Child[];
}

export interface Child {
  readonly collection: string;
  /** Of the child: what refers to this kind. */
  readonly field: string;
  readonly list: Endpoint;
  /** Deleted with it; else they have to go first. */
  readonly cascade: boolean;
}

export const KINDS: readonly Kind[] = [
  {
    collection: 'services',
    singular: 'service',
    plural: 'services',
    about: 'A service is what the gateway stands in front of: where it is, and how long to wait for it.',
    icon: Server,
    list: 'services',
    one: 'service',
    page: '/services',
    createAt: '/services/new',
    names: ['name', 'host'],
    searched: true,
    children: [
      { collection: 'routes', field: 'service', list: 'serviceRoutes', cascade: false },
      { collection: 'plugins', field: 'service', list: 'servicePlugins', cascade: true },
    ],
  },
  {
    collection: 'routes',
    singular: 'route',
    plural: 'routes',
    about: 'A route says which requests go to a service: by host, path, method, header or SNI.',
    icon: Route,
    list: 'routes',
    one: 'route',
    page: '/routes',
    createAt: '/routes/new',
    names: ['name'],
    searched: true,
    children: [{ collection: 'plugins', field: 'route', list: 'routePlugins', cascade: true }],
  },
  {
    collection: 'plugins',
    singular: 'plugin',
    plural: 'plugins',
    about: 'A plugin is a policy: who may come in, how often, and what is changed or written down.',
    icon: Blocks,
    list: 'plugins',
    one: 'plugin',
    page: '/plugins',
    createAt: '/plugins/new',
    names: ['instance_name', 'name'],
    searched: true,
    children: [],
  },
  {
    collection: 'consumers',
    singular: 'consumer',
    plural: 'consumers',
    about: 'A consumer is somebody who uses your services: plugins know them by their credentials.',
    icon: Users,
    list: 'consumers',
    one: 'consumer',
    page: '/consumers',
    createAt: '/consumers/new',
    names: ['username', 'custom_id'],
    searched: true,
    children: [{ collection: 'plugins', field: 'consumer', list: 'consumerPlugins', cascade: true }],
  },
  {
    collection: 'upstreams',
    singular: 'upstream',
    plural: 'upstreams',
    about: 'An upstream spreads the load of a service over targets, and leaves out those that fail.',
    icon: ArrowLeftRight,
    list: 'upstreams',
    one: 'upstream',
    page: '/upstreams',
    createAt: '/upstreams/new',
    names: ['name'],
    searched: true,
    children: [{ collection: 'targets', field: 'upstream', list: 'targets', cascade: true }],
  },
  {
    collection: 'certificates',
    singular: 'certificate',
    plural: 'certificates',
    about: 'A certificate with its private key: served to clients by its SNIs, or shown to upstreams.',
    icon: ShieldCheck,
    list: 'certificates',
    one: 'certificate',
    page: '/tls/certificates',
    createAt: '/tls/certificates/new',
    names: [],
    searched: false,
    children: [{ collection: 'snis', field: 'certificate', list: 'certificateSnis', cascade: true }],
  },
  {
    collection: 'ca_certificates',
    singular: 'CA certificate',
    plural: 'CA certificates',
    about: 'A certificate of an authority that is trusted: of upstreams, or of clients.',
    icon: BadgeCheck,
    list: 'caCertificates',
    one: 'caCertificate',
    page: '/tls/ca-certificates',
    createAt: '/tls/ca-certificates/new',
    names: [],
    searched: false,
    children: [],
  },
  {
    collection: 'snis',
    singular: 'SNI',
    plural: 'SNIs',
    about: 'A host name for which a certificate is served.',
    icon: Globe,
    list: 'snis',
    one: 'sni',
    page: '/tls/snis',
    createAt: '/tls/snis/new',
    names: ['name'],
    searched: true,
    children: [],
  },
  {
    collection: 'keys',
    singular: 'key',
    plural: 'keys',
    about: 'A key in JWK or PEM, by which plugins verify or decrypt.',
    icon: KeyRound,
    list: 'keys',
    one: 'key',
    page: '/keys/keys',
    createAt: '/keys/keys/new',
    names: ['name', 'kid'],
    searched: true,
    children: [],
  },
  {
    collection: 'key_sets',
    singular: 'key set',
    plural: 'key sets',
    about: 'Keys that belong together.',
    icon: KeySquare,
    list: 'keySets',
    one: 'keySet',
    page: '/keys/key-sets',
    createAt: '/keys/key-sets/new',
    names: ['name'],
    searched: true,
    children: [{ collection: 'keys', field: 'set', list: 'keySetKeys', cascade: true }],
  },
  {
    collection: 'vaults',
    singular: 'vault',
    plural: 'vaults',
    about:
      'Where secrets are kept outside of the configuration: fields refer to them as {vault://prefix/name}.',
    icon: Vault,
    list: 'vaults',
    one: 'vault',
    page: '/keys/vaults',
    createAt: '/keys/vaults/new',
    names: ['prefix'],
    searched: true,
    children: [],
  },
];

const BY_COLLECTION = new Map(KINDS.map((kind) => [kind.collection, kind]));

export function kindOf(collection: string): Kind | undefined {
  return BY_COLLECTION.get(collection);
}

/** Of a kind that is known to be there. */
export function knownKind(collection: string): Kind {
  const kind = BY_COLLECTION.get(collection);
  if (kind === undefined) throw new Error(`there is no kind ${collection}`);
  return kind;
}

export const CREDENTIAL_ICON: LucideIcon = Fingerprint;
export const PEM_ICON: LucideIcon = FileKey2;
