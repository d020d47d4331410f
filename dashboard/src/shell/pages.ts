import type { Scope } from '@rollcall/client';
import {
  Archive,
  Boxes,
  Globe,
  KeyRound,
  LogIn,
  type LucideIcon,
  MailPlus,
  Network,
  ScrollText,
  Settings,
  ShieldAlert,
  ShieldCheck,
  Users,
  Webhook,
} from 'lucide-react';
import type { ComponentType } from 'react';

/**
 * A page of an organization. A row in the table gives it an address, a navigation link and a
 * bundle.
 */
export interface OrganizationPage {
  /** The segment after the organization's address: `/organizations/acme/members/`. */
  readonly path: string;
  readonly title: string;
  readonly icon: LucideIcon;
  /** The link is shown to members who hold one of these. Default: `org:read`. */
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
  {
    path: 'single-sign-on',
    title: 'Single sign-on',
    icon: LogIn,
    scopes: ['org:write', 'org:admin'],
    load: () => import('../pages/single-sign-on/single-sign-on-page.tsx'),
  },
  { path: 'domains', title: 'Domains', icon: Globe, scopes: ['org:admin'], load: () => import('../pages/domains/domains-page.tsx') },
  {
    path: 'provisioning',
    title: 'Provisioning',
    icon: Users,
    scopes: ['org:write', 'org:admin'],
    load: () => import('../pages/provisioning/provisioning-page.tsx'),
  },
  {
    path: 'ip-addresses',
    title: 'IP addresses',
    icon: Globe,
    scopes: ['org:write', 'org:admin'],
    load: () => import('../pages/ip-addresses/ip-addresses-page.tsx'),
  },
  {
    path: 'webhooks',
    title: 'Webhooks',
    icon: Webhook,
    scopes: ['org:write', 'org:integrations'],
    load: () => import('../pages/webhooks/webhooks-page.tsx'),
  },
  {
    path: 'integrations',
    title: 'Integrations',
    icon: Boxes,
    load: () => import('../pages/integrations/integrations-page.tsx'),
  },
  { path: 'tokens', title: 'Tokens', icon: KeyRound, load: () => import('../pages/tokens/tokens-page.tsx') },
  {
    path: 'audit-log',
    title: 'Audit log',
    icon: ScrollText,
    scopes: ['org:write'],
    load: () => import('../pages/audit/audit-page.tsx'),
  },
  {
    path: 'security-events',
    title: 'Security events',
    icon: ShieldAlert,
    scopes: ['org:admin'],
    load: () => import('../pages/security-events/security-events-page.tsx'),
  },
  {
    path: 'retention',
    title: 'Retention',
    icon: Archive,
    scopes: ['org:write', 'org:admin'],
    load: () => import('../pages/retention/retention-page.tsx'),
  },
];

/** The page at a path; the first page if there is no path. */
export function findPage(path: string | undefined): OrganizationPage | undefined {
  return path === undefined ? organizationPages[0] : organizationPages.find((page) => page.path === path);
}

/** Starts to fetch the page's bundle while the session is still being read. */
export function preloadPage(pathname: string): void {
  const [, area, , path] = pathname.split('/');
  // A failure is shown when the page is rendered.
  if (area === 'organizations')
    findPage(path || undefined)
      ?.load()
      .catch(() => {});
}
