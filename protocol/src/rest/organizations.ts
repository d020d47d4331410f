import type { OrgFlags } from '../org-flags.ts';
import type { OrgSettings } from '../org-settings.ts';
import type { OrgRoleId } from '../roles.ts';
import type { listedOrganizationShape, organizationDetailsShape, organizationShape, ResponseOf } from './shapes/index.ts';

export type RestOrganization = ResponseOf<typeof organizationShape>;
export type RestListedOrganization = ResponseOf<typeof listedOrganizationShape>;
export type RestOrganizationDetails = ResponseOf<typeof organizationDetailsShape>;

export interface NewOrganization {
  readonly name: string;
  readonly slug?: string;
  /** Also creates a team named after the organization, with the caller on it. */
  readonly defaultTeam?: boolean;
  readonly agreeTerms?: boolean;
}

type NewRelay = Omit<OrgSettings['trustedRelays'][number], 'created' | 'lastModified'>;

/** An absent field keeps its value. */
export interface OrganizationChanges extends Partial<OrgFlags>, Partial<Omit<OrgSettings, 'trustedRelays'>> {
  readonly name?: string;
  readonly slug?: string;
  readonly defaultRole?: OrgRoleId;
  readonly avatarType?: 'letter_avatar' | 'upload';
  /** A PNG, JPEG or GIF, as base64. */
  readonly avatar?: string;
  /** Replaces the whole list. */
  readonly trustedRelays?: readonly NewRelay[];
}

/** Sentry's search syntax: words, and `key:value`. */
export interface Search {
  readonly query?: string;
}

export interface OrganizationSearch extends Search {
  readonly sortBy?: 'members' | 'projects';
}
