/** Statements that name rows of organizations by something else than the organization. */
export interface Exception {
  /** The files that execute the statements. */
  readonly files: readonly string[];
  /** The files that contain their text, if these are others. */
  readonly textIn?: readonly string[];
  readonly tables: readonly string[];
  readonly because: string;
}

const read = 'server/src/read-path/queries';
const users = 'server/src/write-path/users';
const commands = 'server/src/write-path/commands';
const database = 'server/src/database';

export const exceptions: readonly Exception[] = [
  // Look-ups that find out which organization a request is about.
  {
    files: ['server/src/identity/identity-own.ts', 'server/src/identity/record-use.ts', `${read}/identity/credential-ended.ts`],
    tables: ['auth_tokens'],
    because: 'a token is known by its hash or its id before its organization is',
  },
  {
    files: [`${database}/tokens/org-tokens.ts`],
    tables: ['auth_tokens'],
    because: 'the organization tokens of all connections that resume together are looked up together',
  },
  {
    files: [
      `${read}/organizations/find-organization.ts`,
      `${read}/single-sign-on/login-page.ts`,
      `${read}/single-sign-on/login-organization.ts`,
      `${database}/organizations/organizations-read.ts`,
      `${database}/organizations/default-organization.ts`,
      'server/src/compose/check-start.ts',
      'server/src/sample/open-sample.ts',
    ],
    tables: ['organizations', 'auth_providers', 'verified_domains'],
    because: 'an organization is found by its slug, or by a domain that it has verified',
  },
  {
    files: [`${read}/organizations/find-avatar.ts`],
    tables: ['organization_avatars', 'organizations'],
    because: 'the URL of an avatar has only a random id',
  },
  {
    files: [`${read}/invites/find-invite.ts`],
    tables: ['members'],
    because: 'the link of an invitation has only the id of the member',
  },
  {
    files: [`${database}/security/sso-flows.ts`, 'server/src/outlets/integrations/install-flows.ts'],
    tables: ['sso_flows', 'integration_flows'],
    because: 'the browser that comes back from a provider has only the handle of its flow',
  },
  {
    files: [`${database}/outlets/mappings.ts`, `${database}/outlets/directory-reads.ts`, 'server/src/directories/stored-connection.ts'],
    tables: ['integrations', 'directory_reads'],
    because: 'a notice of a provider names an integration by its id or by its id at the provider',
  },
  {
    files: [`${database}/security/verified-domains.ts`, `${database}/identity/password-addresses.ts`],
    tables: ['verified_domains', 'organizations', 'members'],
    because: 'the owner of a domain is looked up for an address',
  },

  // Rows that belong to a person, in all organizations.
  {
    files: [
      `${read}/members/memberships.ts`,
      `${read}/organizations/caller-states.ts`,
      `${read}/organizations/list-organizations.ts`,
      `${read}/organizations/list-owned-organizations.ts`,
      `${read}/projects/list-reachable-projects.ts`,
      `${database}/members/members-elsewhere.ts`,
      `${users}/members/refresh-members.ts`,
      `${users}/sso/record-recovery-logins.ts`,
    ],
    tables: ['members', 'organizations', 'projects'],
    because: 'reads the organizations of a person',
  },
  {
    files: [
      'server/src/identity/sessions.ts',
      `${database}/security/sso-identities.ts`,
      'server/src/write-path/users/sessions/end-sessions.ts',
    ],
    tables: ['session_sso', 'sso_identities'],
    because: 'reads all organizations to which a session is bound',
  },
  {
    files: [
      `${read}/tokens/list-user-tokens.ts`,
      `${read}/single-sign-on/sso-impact.ts`,
      `${users}/lock-credentials.ts`,
      `${users}/sessions/end-sessions.ts`,
      `${users}/tokens/create-user-token.ts`,
      `${users}/tokens/revoke-user-token.ts`,
      `${users}/update-user.ts`,
    ],
    tables: ['auth_tokens'],
    because: 'the tokens of a person are valid in all of their organizations',
  },
  {
    files: [`${users}/erasure/erase-account.ts`, `${database}/retention/removed-members.ts`],
    tables: ['members', 'removed_members', 'sso_identities', 'sso_flows', 'integration_flows', 'sent_invites'],
    because: 'an erasure finds everything about a person',
  },
  {
    files: [`${commands}/invites/recent-invites.ts`],
    tables: ['sent_invites'],
    because: 'counts the invitations that a person sent in all organizations',
  },

  // Work on all organizations.
  {
    files: [`${read}/organizations/operator-organizations.ts`, `${read}/webhooks/late-consumers.ts`],
    tables: ['organizations', 'log_consumers', 'org_heads'],
    because: 'the operator lists and finds all organizations, and their consumers that are late',
  },
  {
    files: [`${database}/records/look-at-heads.ts`],
    tables: ['org_heads', 'change_log'],
    because: 'the sweep reads the heads that were committed since the previous sweep',
  },
  {
    files: ['server/src/consumers/claims.ts', 'server/src/consumers/measure-consumers.ts'],
    tables: ['log_consumers', 'org_heads'],
    because: 'an instance claims the consumers that are due',
  },
  {
    files: [`${database}/due-polls.ts`],
    textIn: [`${database}/archive/exports.ts`, `${commands}/organizations/expired-addresses-sweep.ts`, 'server/src/consumers/claims.ts'],
    tables: ['exports', 'ip_allow_lists', 'log_consumers', 'org_heads'],
    because: 'an instance looks whether any organization has work that is due',
  },
  {
    files: [
      `${database}/archive/exports.ts`,
      `${database}/security/sso-flows.ts`,
      `${commands}/invites/recent-invites.ts`,
      `${database}/organizations/removals.ts`,
      `${database}/outlets/provider-revocations.ts`,
      `${database}/retention/retention-runs.ts`,
      `${commands}/invites/invite-sweep.ts`,
      `${commands}/organizations/expired-addresses-sweep.ts`,
      `${commands}/scim/scim-tokens-sweep.ts`,
      `${commands}/single-sign-on/certificates-sweep.ts`,
    ],
    tables: [
      'exports',
      'sent_invites',
      'sso_flows',
      'organizations',
      'retentions',
      'removed_organizations',
      'provider_revocations',
      'retention_runs',
      'org_heads',
      'members',
      'ip_allow_lists',
      'auth_tokens',
      'auth_providers',
    ],
    because: 'a sweep finds what is due in any organization',
  },
];
