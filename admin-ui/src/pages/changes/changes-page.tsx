/** The whole configuration as text, and how it came to be so. */

import { pathOf } from '../../api/endpoints.ts';
import { client } from '../../api/gateway.ts';
import { curlOf } from '../../parts/command-text.ts';
import { CopyAs } from '../../parts/copy-as.tsx';
import { Page } from '../../parts/page.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { ConfigEditor } from './config-editor.tsx';
import { HistoryList } from './history-list.tsx';

export function ChangesPage() {
  return (
    <Page
      title="Changes"
      actions={
        <CopyAs
          curl={() => curlOf(String(client.url(pathOf('wholeConfig'))))}
          command={() => 'cardinal dump -o kong.yml'}
        />
      }
    >
      <Tabs
        label="Changes"
        tabs={[
          { id: 'history', label: 'History', content: () => <HistoryList /> },
          { id: 'editor', label: 'Editor', content: () => <ConfigEditor /> },
        ]}
      />
    </Page>
  );
}
