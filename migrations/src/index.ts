import type { Migration } from 'kysely/migration';
import * as organizationsAndTheirLog from './0001-organizations-and-their-log.ts';
import * as sessionsAndAddresses from './0002-sessions-and-addresses.ts';
import * as mail from './0003-mail.ts';
import * as auditLog from './0004-audit-log.ts';
import * as projectKeys from './0005-project-keys.ts';
import * as tokensInMails from './0009-tokens-in-mails.ts';
import * as recordsInPages from './0010-records-in-pages.ts';
import * as organizationsAreRemoved from './0011-organizations-are-removed.ts';
import * as projectSettingsAndAvatars from './0012-project-settings-and-avatars.ts';
import * as accessRequestsInPages from './0013-access-requests-in-pages.ts';
import * as detachedUsers from './0014-detached-users.ts';
import * as serverValues from './0015-server-values.ts';
import * as newAddresses from './0016-new-addresses.ts';
import * as mailDigests from './0017-mail-digests.ts';
import * as orgSecrets from './0018-org-secrets.ts';
import * as access from './0019-access.ts';
import * as instances from './0020-instances.ts';
import * as expiringAddresses from './0021-expiring-addresses.ts';
import * as singleSignOn from './0022-single-sign-on.ts';
import * as scim from './0023-scim.ts';
import * as domainChallenges from './0024-domain-challenges.ts';
import * as ssoRemovedUsers from './0025-sso-removed-users.ts';
import * as certificates from './0026-certificates.ts';
import * as outlets from './0027-outlets.ts';
import * as retentions from './0028-retentions.ts';
import * as retentionRuns from './0029-retention-runs.ts';
import * as exports from './0030-exports.ts';
import * as removedMembers from './0031-removed-members.ts';
import * as providerRevocations from './0032-provider-revocations.ts';
import * as directoryReadings from './0033-directory-readings.ts';
import * as secretClaims from './0034-secret-claims.ts';
import * as secretsOutliveOrganizations from './0039-secrets-outlive-organizations.ts';
import * as externalIds from './0040-external-ids.ts';
import * as serviceTokens from './0041-service-tokens.ts';
import * as removedMembersOfAnyVersion from './0042-removed-members-of-any-version.ts';
import * as exportLeases from './0045-export-leases.ts';
import * as findOldRowsAndRemovedInvites from './0046-find-old-rows-and-removed-invites.ts';
import * as externalIdRecords from './0047-external-id-records.ts';
import * as logTransactions from './0049-log-transactions.ts';
import * as revocationCalls from './0050-revocation-calls.ts';
import * as movedHeadsByTransaction from './0051-moved-heads-by-transaction.ts';
import * as addressesOfRemovedUsers from './0052-addresses-of-removed-users.ts';
import * as activeConnections from './0053-active-connections.ts';
import * as organizationsOfChildRows from './0054-organizations-of-child-rows.ts';
import * as fillOrganizationsOfChildRows from './0055-fill-organizations-of-child-rows.ts';
import * as requireOrganizationsOfChildRows from './0056-require-organizations-of-child-rows.ts';
import * as jobs from './0057-jobs.ts';
import * as refreshesAreJobs from './0058-refreshes-are-jobs.ts';
import * as erasedUsers from './0059-erased-users.ts';
import * as erasures from './0060-erasures.ts';
import * as organizationRemovals from './0061-organization-removals.ts';
import * as installationSeal from './0062-installation-seal.ts';
import * as erasedNames from './0063-erased-names.ts';
import * as searchPathOfFunctions from './0064-search-path-of-functions.ts';
import * as mailLeases from './0065-mail-leases.ts';
import * as operatorTokens from './0066-operator-tokens.ts';
import * as securityEvents from './0067-security-events.ts';
import * as keysOfInstances from './0068-keys-of-instances.ts';
import * as strengthOfLogins from './0069-strength-of-logins.ts';
import * as passkeys from './0070-passkeys.ts';
import * as sessionTokens from './0071-session-tokens.ts';

export interface NumberedMigration extends Pick<Migration, 'up'> {
  /**
   * Whether older versions work on the migrated schema. They do if the migration only adds: it
   * drops, renames and restricts nothing that they read or write, and a new column is nullable or
   * has a default.
   */
  readonly isAdditive: boolean;
}

/**
 * In the order of their numbers, which are frozen on the main branch (CONTRIBUTING.md, Add a
 * migration).
 */
export const migrations: Readonly<Record<string, NumberedMigration>> = {
  '0001-organizations-and-their-log': organizationsAndTheirLog,
  '0002-sessions-and-addresses': sessionsAndAddresses,
  '0003-mail': mail,
  '0004-audit-log': auditLog,
  '0005-project-keys': projectKeys,
  '0009-tokens-in-mails': tokensInMails,
  '0010-records-in-pages': recordsInPages,
  '0011-organizations-are-removed': organizationsAreRemoved,
  '0012-project-settings-and-avatars': projectSettingsAndAvatars,
  '0013-access-requests-in-pages': accessRequestsInPages,
  '0014-detached-users': detachedUsers,
  '0015-server-values': serverValues,
  '0016-new-addresses': newAddresses,
  '0017-mail-digests': mailDigests,
  '0018-org-secrets': orgSecrets,
  '0019-access': access,
  '0020-instances': instances,
  '0021-expiring-addresses': expiringAddresses,
  '0022-single-sign-on': singleSignOn,
  '0023-scim': scim,
  '0024-domain-challenges': domainChallenges,
  '0025-sso-removed-users': ssoRemovedUsers,
  '0026-certificates': certificates,
  '0027-outlets': outlets,
  '0028-retentions': retentions,
  '0029-retention-runs': retentionRuns,
  '0030-exports': exports,
  '0031-removed-members': removedMembers,
  '0032-provider-revocations': providerRevocations,
  '0033-directory-readings': directoryReadings,
  '0034-secret-claims': secretClaims,
  '0039-secrets-outlive-organizations': secretsOutliveOrganizations,
  '0040-external-ids': externalIds,
  '0041-service-tokens': serviceTokens,
  '0042-removed-members-of-any-version': removedMembersOfAnyVersion,
  '0045-export-leases': exportLeases,
  '0046-find-old-rows-and-removed-invites': findOldRowsAndRemovedInvites,
  '0047-external-id-records': externalIdRecords,
  '0049-log-transactions': logTransactions,
  '0050-revocation-calls': revocationCalls,
  '0051-moved-heads-by-transaction': movedHeadsByTransaction,
  '0052-addresses-of-removed-users': addressesOfRemovedUsers,
  '0053-active-connections': activeConnections,
  '0054-organizations-of-child-rows': organizationsOfChildRows,
  '0055-fill-organizations-of-child-rows': fillOrganizationsOfChildRows,
  '0056-require-organizations-of-child-rows': requireOrganizationsOfChildRows,
  '0057-jobs': jobs,
  '0058-refreshes-are-jobs': refreshesAreJobs,
  '0059-erased-users': erasedUsers,
  '0060-erasures': erasures,
  '0061-organization-removals': organizationRemovals,
  '0062-installation-seal': installationSeal,
  '0063-erased-names': erasedNames,
  '0064-search-path-of-functions': searchPathOfFunctions,
  '0065-mail-leases': mailLeases,
  '0066-operator-tokens': operatorTokens,
  '0067-security-events': securityEvents,
  '0068-keys-of-instances': keysOfInstances,
  '0069-strength-of-logins': strengthOfLogins,
  '0070-passkeys': passkeys,
  '0071-session-tokens': sessionTokens,
};
