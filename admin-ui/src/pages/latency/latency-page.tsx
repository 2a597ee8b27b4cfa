import { Page } from '../../parts/page.tsx';

export function LatencyPage() {
  return <Page title="Latency">{null}</Page>;
}
