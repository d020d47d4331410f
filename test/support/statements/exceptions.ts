/** Statements that name rows of organizations by something else than the organization. */
export interface Exception {
  /** The files that execute the statements, each with the tables whose rows it names otherwise. */
  readonly tables: Readonly<Record<string, readonly string[]>>;
  /** The files that contain their text, if these are others. */
  readonly textIn?: readonly string[];
  readonly because: string;
}

const read = 'server/src/read-path/queries';
const users = 'server/src/write-path/users';
const commands = 'server/src/write-path/commands';
const database = 'server/src/database';
const features = 'server/src/features';

/** Look-ups that find out which organization a request is about. */
const lookUps: readonly Exception[] = [
  {
    tables: {
      'server/src/identity/identity-own.ts': ['auth_tokens'],
      'server/src/identity/use/record-use.ts': ['auth_tokens'],
      [`${read}/identity/credential-ended.ts`]: ['auth_tokens'],
      [`${users}/lock-credentials.ts`]: ['auth_tokens'],
    },
    because: 'the token of a request is known by its hash or its id, and a token of a user may belong to no organization',
  },
  {
    tables: {
      [`${read}/organizations/find-organization.ts`]: ['organizations'],
      'server/src/identity/identity-own.ts': ['organizations'],
      [`${features}/single-sign-on/queries/login-page.ts`]: ['organizations'],
      [`${database}/organizations/organizations-read.ts`]: ['organizations'],
      [`${database}/organizations/default-organization.ts`]: ['organizations'],
      'server/src/compose/checks/check-start.ts': ['organizations'],
      'server/src/sample/open-sample.ts': ['organizations'],
    },
    because: 'an organization is found by its slug',
  },
  {
    tables: {
      [`${read}/organizations/login-organization.ts`]: ['organizations'],
      [`${database}/security/verified-domains.ts`]: ['verified_domains'],
    },
    because: 'an organization is found by a domain that it has verified',
  },
  {
    tables: { [`${read}/audit/list-security-events.ts`]: ['security_events'] },
    because: 'the operator reads the security events of all organizations, and of none',
  },
  {
    tables: { [`${database}/security/security-events.ts`]: ['security_events'] },
    because: 'a token and a user have events in several organizations, and outside of them',
  },
  {
    tables: { [`${features}/retention/database/prune-rows.ts`]: ['security_events'] },
    because: 'the events of the whole server belong to no organization',
  },
  {
    tables: { [`${read}/organizations/operator-organizations.ts`]: ['organizations'] },
    because: 'an organization is found by the id that it has in a system of the operator',
  },
  {
    tables: { [`${read}/organizations/find-avatar.ts`]: ['organization_avatars'] },
    because: 'the URL of an avatar has only a random id',
  },
  {
    tables: { [`${read}/invites/find-invite.ts`]: ['members'] },
    because: 'the link of an invitation has only the id of the member',
  },
  {
    tables: {
      [`${features}/single-sign-on/database/sso-flows.ts`]: ['sso_flows'],
      [`${features}/integrations/outlets/install-flows.ts`]: ['integration_flows'],
    },
    because: 'the browser that comes back from a provider has only the handle of its flow',
  },
  {
    tables: {
      [`${database}/outlets/mappings.ts`]: ['integrations'],
      [`${features}/integrations/database/directory-reads.ts`]: ['integrations'],
      [`${features}/integrations/database/provider-revocations.ts`]: ['provider_revocations'],
      [`${features}/integrations/directories/stored-connection.ts`]: ['integrations'],
    },
    because: 'a request of a provider names an integration by its id, or by its id at the provider',
  },
];

/** Rows that belong to a person, in all organizations. */
const ofPersons: readonly Exception[] = [
  {
    tables: { [`${database}/identity/password-addresses.ts`]: ['members'] },
    textIn: [`${database}/identity/unproven-addresses.ts`],
    because: 'reads whether each organization of a person has verified a domain',
  },
  {
    tables: {
      [`${read}/members/memberships.ts`]: ['members'],
      [`${read}/organizations/caller-states.ts`]: ['members'],
      [`${read}/organizations/list-organizations.ts`]: ['organizations'],
      [`${read}/organizations/list-owned-organizations.ts`]: ['members'],
      [`${database}/identity/unproven-addresses.ts`]: ['members'],
      [`${database}/members/members-elsewhere.ts`]: ['members'],
      [`${users}/members/refresh-members.ts`]: ['members'],
      [`${users}/sessions/record-recovery-logins.ts`]: ['members'],
      [`${users}/yield-address.ts`]: ['members'],
    },
    because: 'reads the organizations of a person',
  },
  {
    tables: {
      'server/src/identity/sessions.ts': ['session_sso'],
      [`${database}/security/sso-identities.ts`]: ['session_sso'],
      [`${users}/sessions/end-sessions.ts`]: ['session_sso'],
    },
    because: 'reads all organizations to which a session is bound',
  },
  {
    tables: {
      [`${read}/tokens/list-user-tokens.ts`]: ['auth_tokens'],
      [`${features}/single-sign-on/queries/sso-impact.ts`]: ['auth_tokens'],
      [`${users}/sessions/end-sessions.ts`]: ['auth_tokens'],
      [`${users}/tokens/create-user-token.ts`]: ['auth_tokens'],
      [`${users}/tokens/revoke-user-token.ts`]: ['auth_tokens'],
      [`${users}/update-user.ts`]: ['auth_tokens'],
    },
    because: 'the tokens of a person are valid in all of their organizations',
  },
  {
    tables: {
      [`${features}/retention/erasure/erase-account.ts`]: [
        'members',
        'sso_identities',
        'sso_removed_users',
        'sso_flows',
        'integration_flows',
        'project_bookmarks',
        'sent_invites',
      ],
      [`${database}/members/removed-members.ts`]: ['members', 'removed_members', 'sent_invites'],
      [`${database}/identity/erasures.ts`]: ['erasure_organizations'],
    },
    because: 'an erasure finds everything about a person',
  },
  {
    tables: { [`${commands}/invites/recent-invites.ts`]: ['sent_invites'] },
    because: 'counts the invitations that a person sent in all organizations',
  },
];

/** Work on all organizations. */
const onAll: readonly Exception[] = [
  {
    tables: {
      [`${read}/organizations/operator-organizations.ts`]: ['organizations'],
      [`${read}/outlets/late-consumers.ts`]: ['log_consumers'],
    },
    because: 'the operator lists all organizations, and the consumers that are late',
  },
  {
    tables: {
      [`${read}/members/memberships.ts`]: ['organizations'],
      [`${read}/organizations/list-organizations.ts`]: ['organizations'],
      [`${read}/projects/list-reachable-projects.ts`]: ['organizations'],
    },
    because: 'a service reads all organizations',
  },
  {
    tables: { [`${database}/records/read-changed-heads.ts`]: ['change_log', 'moved_heads'] },
    because: 'the sweep reads the heads that were committed since the previous sweep',
  },
  {
    tables: {
      'server/src/consumers/claims.ts': ['log_consumers'],
      'server/src/consumers/measure-consumers.ts': ['log_consumers'],
    },
    because: 'an instance claims the consumers that are due',
  },
  {
    tables: { [`${database}/due-polls.ts`]: ['exports', 'ip_allow_lists', 'log_consumers'] },
    textIn: [
      `${features}/archive/database/exports.ts`,
      `${commands}/organizations/expired-addresses-sweep.ts`,
      'server/src/consumers/claims.ts',
    ],
    because: 'an instance looks whether any organization has work that is due',
  },
  {
    tables: {
      [`${database}/installation/reseal-rows.ts`]: ['org_secrets'],
      [`${features}/archive/database/exports.ts`]: ['exports'],
      [`${database}/organizations/removals.ts`]: ['organizations', 'removed_organizations', 'moved_heads'],
      [`${features}/integrations/database/directory-reads.ts`]: ['directory_reads', 'integrations'],
      [`${features}/integrations/database/provider-revocations.ts`]: ['provider_revocations'],
      [`${features}/retention/database/retention-runs.ts`]: ['retention_runs', 'org_heads'],
      [`${features}/single-sign-on/database/sso-flows.ts`]: ['sso_flows'],
      [`${features}/single-sign-on/database/used-assertions.ts`]: ['sso_seen'],
      [`${database}/security/verified-domains.ts`]: ['verified_domains'],
      [`${commands}/invites/invite-sweep.ts`]: ['members'],
      [`${commands}/invites/recent-invites.ts`]: ['sent_invites'],
      [`${commands}/organizations/expired-addresses-sweep.ts`]: ['ip_allow_lists'],
      [`${features}/scim/commands/scim-tokens-sweep.ts`]: ['auth_tokens'],
      [`${features}/single-sign-on/commands/provider/certificates-sweep.ts`]: ['auth_providers'],
    },
    because: 'a sweep finds, claims or deletes what is due in any organization, and a rotation of SECRET concerns all of them',
  },
];

export const exceptions: readonly Exception[] = [...lookUps, ...ofPersons, ...onAll];
