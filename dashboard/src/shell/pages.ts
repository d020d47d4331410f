import type { Scope } from '@rollcall/client';
import { type LucideIcon, Users } from 'lucide-react';
import { type ComponentType, lazy } from 'react';

/** A page of an organization. Adding one is adding a row: it gets its address, its place in the navigation and its own bundle. */
export interface OrganizationPage {
  /** Below the organization's address: `/organizations/acme/members/`. */
  readonly path: string;
  readonly title: string;
  readonly icon: LucideIcon;
  /** Who holds none of these is not led there. All are, when absent. */
  readonly scopes?: readonly Scope[];
  readonly Page: ComponentType;
}

export const organizationPages: readonly OrganizationPage[] = [
  { path: 'members', title: 'Members', icon: Users, Page: lazy(() => import('../pages/members/members-page.tsx')) },
];
