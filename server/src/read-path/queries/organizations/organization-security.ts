import type { AuthProviderRecord, IpAllowListRecord, VerifiedDomainRecord } from '@rollcall/protocol';
import type { Db } from '../../../database/database.ts';
import { readAuthProviders, readIpAllowLists, readVerifiedDomains } from '../../../database/security/security-records.ts';

export interface OrganizationSecurity {
  readonly authProvider: AuthProviderRecord | null;
  readonly ipAllowList: Omit<IpAllowListRecord, 'id'> | null;
  readonly verifiedDomains: readonly VerifiedDomainRecord[];
}

/** The records that decide who has access to an organization, for the operator. */
export async function readOrganizationSecurity(db: Db, orgId: string): Promise<OrganizationSecurity> {
  const [[authProvider = null], [list = null], verifiedDomains] = await Promise.all([
    readAuthProviders(db, orgId),
    readIpAllowLists(db, orgId),
    readVerifiedDomains(db, orgId),
  ]);
  return { authProvider, ipAllowList: list && { isEnabled: list.isEnabled, rules: list.rules }, verifiedDomains };
}
