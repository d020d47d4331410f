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
 * Queries of one organization: searches, data that isn't part of the live state, and data that
 * depends on the caller. Live data is in `state`.
 */
export const organizationReads = {
  /** The caller's scopes in it (`access`), and the available roles. */
  organization: () => read<RestOrganizationDetails>('organizations', here),
  members: () => list<RestMember, Search>('organizations', here, 'members'),
  /** With the roles that the caller may give them. */
  member: (memberId: string) => read<RestMemberDetails>('organizations', here, 'members', memberId),
  teams: () => list<RestTeam, Search>('organizations', here, 'teams'),
  projects: () => list<RestProject, Search>('organizations', here, 'projects'),
  /** Members who requested an invite, or for whom one was requested. */
  inviteRequests: () => list<RestMemberWithTeams>('organizations', here, 'invite-requests'),
  /** Requests to join teams that the caller may decide. */
  accessRequests: () => read<readonly AccessRequest[]>('organizations', here, 'access-requests'),
  /** With their secret parts and their addresses (DSN). */
  projectKeys: (project: string) => list<RestProjectKey, ProjectKeySearch>('projects', here, project, 'keys'),
  /** With the time of the last use. */
  tokens: () => read<readonly RestOrgToken[]>('organizations', here, 'org-auth-tokens'),
  /** The whole log, newest first. */
  auditLog: () => list<RestAuditEntry, AuditFilter>('organizations', here, 'audit-logs'),
};
