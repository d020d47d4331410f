import type { Scope } from '@rollcall/client';
import { Boxes, KeyRound, type LucideIcon, MailPlus, Network, ScrollText, Settings, ShieldCheck, Users } from 'lucide-react';
import type { ComponentType } from 'react';

/** A page of an organization. Adding one is adding a row: it gets its address, its place in the navigation and its own bundle. */
export interface OrganizationPage {
  /** Below the organization's address: `/organizations/acme/members/`. */
  readonly path: string;
  readonly title: string;
  readonly icon: LucideIcon;
  /** Who holds none of these is not led there. All are, when absent. */
  readonly scopes?: readonly Scope[];
  readonly load: () => Promise<{ default: ComponentType }>;
}

export const organizationPages: readonly OrganizationPage[] = [
  { path: 'members', title: 'Members', icon: Users, load: () => import('../pages/members/members-page.tsx') },
  {
    path: 'invitations',
    title: 'Invitations',
    icon: MailPlus,
    scopes: ['member:read'],
    load: () => import('../pages/invitations/invitations-page.tsx'),
  },
  { path: 'teams', title: 'Teams', icon: Network, load: () => import('../pages/teams/teams-page.tsx') },
  { path: 'projects', title: 'Projects', icon: Boxes, load: () => import('../pages/projects/projects-page.tsx') },
  { path: 'settings', title: 'Settings', icon: Settings, load: () => import('../pages/settings/settings-page.tsx') },
  { path: 'security', title: 'Security & privacy', icon: ShieldCheck, load: () => import('../pages/security/security-page.tsx') },
  { path: 'tokens', title: 'Tokens', icon: KeyRound, load: () => import('../pages/tokens/tokens-page.tsx') },
  {
    path: 'audit-log',
    title: 'Audit log',
    icon: ScrollText,
    scopes: ['org:write'],
    load: () => import('../pages/audit/audit-page.tsx'),
  },
];

/** The page at an address, or the first where it names none. */
export function findPage(path: string | undefined): OrganizationPage | undefined {
  return path === undefined ? organizationPages[0] : organizationPages.find((page) => page.path === path);
}

/** Begins to fetch the page while it is still being found out who is logged in. */
export function preloadPage(pathname: string): void {
  const [, area, , path] = pathname.split('/');
  // Whether that fails shows when the page is drawn.
  if (area === 'organizations')
    findPage(path || undefined)
      ?.load()
      .catch(() => {});
}
