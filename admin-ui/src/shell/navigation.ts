/** The pages, in the order of the navigation: their addresses, names, icons and keys. */
import {
  Activity,
  ArrowLeftRight,
  Blocks,
  Boxes,
  GitCompareArrows,
  KeyRound,
  type LucideIcon,
  Network,
  Route,
  Server,
  Settings,
  ShieldCheck,
  Users,
} from 'lucide-react';

export interface Destination {
  readonly to: string;
  readonly label: string;
  readonly icon: LucideIcon;
  /** After `g`. */
  readonly key?: string;
}

export const NAVIGATION: readonly { readonly label: string; readonly pages: readonly Destination[] }[] = [
  {
    label: 'Observe',
    pages: [{ to: '/live', label: 'Live', icon: Activity, key: 'l' }],
  },
  {
    label: 'Configure',
    pages: [
      { to: '/services', label: 'Services', icon: Server, key: 's' },
      { to: '/routes', label: 'Routes', icon: Route, key: 'r' },
      { to: '/plugins', label: 'Plugins', icon: Blocks, key: 'p' },
      { to: '/consumers', label: 'Consumers', icon: Users, key: 'c' },
      { to: '/upstreams', label: 'Upstreams', icon: ArrowLeftRight, key: 'u' },
      { to: '/tls', label: 'TLS', icon: ShieldCheck },
      { to: '/keys', label: 'Keys & vaults', icon: KeyRound },
    ],
  },
  {
    label: 'Operate',
    pages: [
      { to: '/nodes', label: 'Nodes', icon: Network, key: 'n' },
      { to: '/changes', label: 'Changes', icon: GitCompareArrows },
      { to: '/settings', label: 'Settings', icon: Settings },
    ],
  },
];

export const DESTINATIONS: readonly Destination[] = NAVIGATION.flatMap(({ pages }) => pages);
export const FALLBACK_ICON: LucideIcon = Boxes;
