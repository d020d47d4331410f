import type {
  AccessRequest,
  AuditFilter,
  ProjectKeySearch,
  RestAuditEntry,
  RestMember,
  RestMemberDetails,
  RestMemberWithTeams,
  RestOrganizationDetails,
  RestOrgToken,
  RestProject,
  RestProjectKey,
  RestTeam,
  Search,
} from '@rollcall/protocol/rest';
import { here, list, read } from './calls.ts';

/**
 * What of one organization the server is asked for: searches, what lies behind the live state, and what depends on who
 * asks. All that changes under one's eyes is in `state`.
 */
export const organizationReads = {
  /** What the caller may do in it (`access`), and which roles there are. */
  organization: () => read<RestOrganizationDetails>('organizations', here),
  members: () => list<RestMember, Search>('organizations', here, 'members'),
  /** With the roles that the caller may give them. */
  member: (memberId: string) => read<RestMemberDetails>('organizations', here, 'members', memberId),
  teams: () => list<RestTeam, Search>('organizations', here, 'teams'),
  projects: () => list<RestProject, Search>('organizations', here, 'projects'),
  /** Those who asked to be invited, or were asked for. */
  inviteRequests: () => list<RestMemberWithTeams>('organizations', here, 'invite-requests'),
  /** Those who asked for a place on a team that the caller may give. */
  accessRequests: () => read<readonly AccessRequest[]>('organizations', here, 'access-requests'),
  /** With their secret parts and the addresses made of them. */
  projectKeys: (project: string) => list<RestProjectKey, ProjectKeySearch>('projects', here, project, 'keys'),
  /** With when each was last used. */
  tokens: () => read<readonly RestOrgToken[]>('organizations', here, 'org-auth-tokens'),
  /** The whole log, newest first. */
  auditLog: () => list<RestAuditEntry, AuditFilter>('organizations', here, 'audit-logs'),
};
