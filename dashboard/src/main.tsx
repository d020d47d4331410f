import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { AnnouncerProvider } from './kit/announcer.tsx';
import { ToastProvider } from './kit/toasts.tsx';
import { TooltipProvider } from './kit/tooltip.tsx';
import { SessionProvider } from './session/session.tsx';
import { SudoProvider } from './session/sudo.tsx';
import { preloadPage } from './shell/pages.ts';
import './styles/base.css';

preloadPage(location.pathname);

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <AnnouncerProvider>
      <TooltipProvider delayDuration={300}>
        <ToastProvider>
          <SessionProvider>
            <SudoProvider>
              <App />
            </SudoProvider>
          </SessionProvider>
        </ToastProvider>
      </TooltipProvider>
    </AnnouncerProvider>
  </StrictMode>,
);
