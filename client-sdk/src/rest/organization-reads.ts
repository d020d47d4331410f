import type {
  AccessRequest,
  AuditFilter,
  IpAllowListChanges,
  IpAllowListPreview,
  ProjectKeySearch,
  RestAuditEntry,
  RestIpAllowList,
  RestMember,
  RestMemberDetails,
  RestMemberWithTeams,
  RestOrganizationDetails,
  RestOrgToken,
  RestProject,
  RestProjectKey,
  RestTeam,
  RestVerifiedDomain,
  Search,
} from '@rollcall/protocol/rest';
import { list, orgName, type ReadOptions, type RestCall, read } from './calls.ts';

/**
 * Queries of one organization: searches, data that isn't part of the live state, and data that
 * depends on the caller. Live data is in `state`.
 */
export const organizationReads = {
  /** The caller's scopes in it (`access`), and the available roles. */
  organization: () => read<RestOrganizationDetails>('organizations', orgName),
  /** With the caller's own address, and whether the list includes it. */
  ipAllowList: () => read<RestIpAllowList>('organizations', orgName, 'ip-allow-list'),
  /**
   * The subscriptions that a change of the list would end now. Requires a session with a recent
   * login.
   */
  previewIpAllowList: (changes: IpAllowListChanges): RestCall<IpAllowListPreview, ReadOptions> => {
    return { method: 'POST', path: ['organizations', orgName, 'ip-allow-list', 'preview'], body: changes, returns: 'data' };
  },
  /** With the DNS record that verifies each. */
  domains: () => read<readonly RestVerifiedDomain[]>('organizations', orgName, 'domains'),
  members: () => list<RestMember, Search>('organizations', orgName, 'members'),
  /** With the roles that the caller may give them. */
  member: (memberId: string) => read<RestMemberDetails>('organizations', orgName, 'members', memberId),
  teams: () => list<RestTeam, Search>('organizations', orgName, 'teams'),
  projects: () => list<RestProject, Search>('organizations', orgName, 'projects'),
  /** Members who requested an invite, or for whom one was requested. */
  inviteRequests: () => list<RestMemberWithTeams>('organizations', orgName, 'invite-requests'),
  /** Requests to join teams that the caller may decide. */
  accessRequests: () => read<readonly AccessRequest[]>('organizations', orgName, 'access-requests'),
  /** With their secret parts and their addresses (DSN). */
  projectKeys: (project: string) => list<RestProjectKey, ProjectKeySearch>('projects', orgName, project, 'keys'),
  /** With the time of the last use. */
  tokens: () => read<readonly RestOrgToken[]>('organizations', orgName, 'org-auth-tokens'),
  /** The whole log, newest first. */
  auditLog: () => list<RestAuditEntry, AuditFilter>('organizations', orgName, 'audit-logs'),
};
