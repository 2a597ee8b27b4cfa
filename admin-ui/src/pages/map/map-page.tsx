import { Page } from '../../parts/page.tsx';

export function MapPage() {
  return <Page title="Map">{null}</Page>;
}
