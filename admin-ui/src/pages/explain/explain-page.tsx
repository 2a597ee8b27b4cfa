import { Page } from '../../parts/page.tsx';

export function ExplainPage() {
  return <Page title="Explain">{null}</Page>;
}
