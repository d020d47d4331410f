import { loadable } from '@rollcall/react/parts';
import '@rollcall/react/styles.css';
import { StrictMode, Suspense } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { BulkProvider } from './bulk/bulk-provider.tsx';
import { AnnouncerProvider } from './kit/announcer.tsx';
import { DockProvider } from './kit/dock.tsx';
import { ToastProvider } from './kit/toasts.tsx';
import { LeaveGuard } from './leaving/leave-guard.tsx';
import { SessionProvider } from './session/session.tsx';
import { Starting } from './session/starting.tsx';
import { SudoProvider } from './session/sudo.tsx';
import { PageBoundary } from './shell/page-boundary.tsx';
import { preloadPage } from './shell/pages.ts';
import './styles/base.css';

preloadPage(location.pathname);

/** Outside of the session provider, since operators of the server need no user account. */
const OperationsPage = loadable(() => import('./pages/operations/operations-page.tsx'));
const isOperations = location.pathname.startsWith('/operations/');

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <AnnouncerProvider>
      <ToastProvider>
        {isOperations ? (
          <PageBoundary>
            <Suspense fallback={<Starting />}>
              <OperationsPage />
            </Suspense>
          </PageBoundary>
        ) : (
          <LeaveGuard>
            <SessionProvider>
              <SudoProvider>
                <DockProvider>
                  <BulkProvider>
                    <App />
                  </BulkProvider>
                </DockProvider>
              </SudoProvider>
            </SessionProvider>
          </LeaveGuard>
        )}
      </ToastProvider>
    </AnnouncerProvider>
  </StrictMode>,
);
