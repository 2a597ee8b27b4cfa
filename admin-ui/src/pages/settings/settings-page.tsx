/** How this gateway runs: its settings, the level of its log, who may use it, what the page is made of. */

import { pathOf } from '../../api/endpoints.ts';
import { client } from '../../api/gateway.ts';
import { curlOf } from '../../parts/command-text.ts';
import { CopyAs } from '../../parts/copy-as.tsx';
import { Page } from '../../parts/page.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { About } from './about.tsx';
import { Audit } from './audit.tsx';
import { EffectiveSettings } from './effective-settings.tsx';
import { Tokens } from './tokens.tsx';

export function SettingsPage() {
  return (
    <Page
      title="Settings"
      actions={
        <CopyAs
          curl={() => curlOf(String(client.url(pathOf('node'))))}
          command={() => 'cardinal gateway --help'}
        />
      }
    >
      <Tabs
        label="Settings"
        tabs={[
          { id: 'settings', label: 'Effective settings', content: () => <EffectiveSettings /> },
          { id: 'tokens', label: 'Tokens', content: () => <Tokens /> },
          { id: 'audit', label: 'Audit log', content: () => <Audit /> },
          { id: 'about', label: 'About', content: () => <About /> },
        ]}
      />
    </Page>
  );
}
