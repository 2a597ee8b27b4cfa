/** The start of the page. */
import { CSPProvider } from '@base-ui/react/csp-provider';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { connection, queries, session } from './api/gateway.ts';
import { router } from './routing/router.tsx';
import { applyPreferences } from './shell/preferences.ts';
import './styles/theme.css';

applyPreferences(document.documentElement);
// Whatever fails here shows on the page: the connection says so.
session.read().catch(() => undefined);
connection.start();
document.addEventListener('visibilitychange', () => connection.setVisible(!document.hidden));

createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </CSPProvider>
  </StrictMode>,
);
