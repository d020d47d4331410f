import type { OrganizationState } from '@rollcall/client';
import { PresenceStack } from '@rollcall/react';
import { loadable, OnDemand, PortalProvider } from '@rollcall/react/parts';
import { Keyboard, Menu as MenuIcon } from 'lucide-react';
import { type ReactNode, Suspense, useEffect, useState } from 'react';
import { useLocation } from 'wouter';
import { IconButton } from '../kit/button.ts';
import { isTyping } from '../kit/search-field.tsx';
import { ownMembershipKey } from '../live/highlights.ts';
import { useHighlights, useOrgState, useOrgStatus } from '../live/organization.tsx';
import { useAnnouncedChanges } from '../live/use-highlight.ts';
import { Starting } from '../session/starting.tsx';
import { Navigation } from './navigation.tsx';
import { PageBoundary } from './page-boundary.tsx';
import { findPage } from './pages.ts';
import { StatusPill } from './status-pill.tsx';
import { useRoleNotice } from './use-role-notice.ts';
import { useSlugInAddress } from './use-slug-in-address.ts';
import './shell.css';

const DeletionBanner = loadable(() => import('./deletion-banner.tsx'));
const NavigationPanel = loadable(() => import('./navigation-panel.tsx'));
const LockedPage = loadable(() => import('./locked-page.tsx'));
const HelpDialog = loadable(() => import('./help-dialog.tsx'));

interface ShellProps {
  readonly slug: string;
  onRenamed(slug: string): void;
  readonly children: ReactNode;
}

/**
 * The layout of an organization's pages. When the user's access ends, it removes the page with all
 * its data.
 */
export function Shell({ slug, onRenamed, children }: ShellProps) {
  const { phase, reason } = useOrgStatus();
  const highlights = useHighlights();
  const [main, setMain] = useState<HTMLElement | null>(null);
  const [location] = useLocation();
  const page = location.split('/')[3] ?? '';
  const [isMenuOpen, setMenuOpen] = useState(false);
  const [isHelpOpen, setHelpOpen] = useState(false);
  useAnnouncedChanges();
  useRoleNotice();
  useSlugInAddress(slug, onRenamed);
  useQuestionMark(() => setHelpOpen(true));
  // The user is leaving the organization, and the list of organizations opens next.
  if (phase === 'revoked' && reason === 'removed' && highlights.isOwn(ownMembershipKey)) return <Starting />;
  if (phase === 'denied' || phase === 'revoked' || phase === 'closed')
    return (
      <PageBoundary>
        <Suspense fallback={<Starting />}>
          <LockedPage slug={slug} phase={phase} reason={reason} />
        </Suspense>
      </PageBoundary>
    );
  return (
    <PortalProvider value={main}>
      <div className="shell">
        <a className="skip-link" href="#page">
          Skip to content
        </a>
        <aside className="sidebar">
          <Navigation slug={slug} />
        </aside>
        <div className="shell-main">
          <header className="topbar">
            <IconButton icon={MenuIcon} label="Menu" className="topbar-menu" onClick={() => setMenuOpen(true)} />
            <div className="topbar-end">
              <PresenceStack page={page} titleOf={(name) => findPage(name)?.title} />
              <StatusPill />
              <IconButton icon={Keyboard} label="Keyboard shortcuts" className="topbar-help" onClick={() => setHelpOpen(true)} />
            </div>
          </header>
          <Deletion />
          <main ref={setMain} id="page" className="page" tabIndex={-1}>
            {children}
          </main>
        </div>
        {isMenuOpen && (
          <OnDemand fallback={null} onFailed={() => setMenuOpen(false)}>
            <NavigationPanel slug={slug} onClose={() => setMenuOpen(false)} />
          </OnDemand>
        )}
        {isHelpOpen && (
          <OnDemand fallback={null} onFailed={() => setHelpOpen(false)}>
            <HelpDialog onClose={() => setHelpOpen(false)} />
          </OnDemand>
        )}
      </div>
    </PortalProvider>
  );
}

const selectDeleted = ({ organization }: OrganizationState) => (organization && organization.status !== 'active' ? organization : null);

/** The banner on every page of an organization that is scheduled for deletion. */
function Deletion() {
  const organization = useOrgState(selectDeleted);
  return (
    organization && (
      <OnDemand fallback={null}>
        <DeletionBanner organization={organization} />
      </OnDemand>
    )
  );
}

function useQuestionMark(open: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key === '?' && !event.ctrlKey && !event.metaKey && !isTyping(event.target)) open();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  });
}
