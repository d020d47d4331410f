import type { Generated } from 'kysely';

/** The rows of verified domains. */

export interface VerifiedDomainsTable {
  id: string;
  organization_id: string;
  domain: string;
  role: string;
  status: string;
  date_verified: string | null;
  date_created: string;
  challenge: Generated<string>;
  date_checked: string | null;
  missing_since: string | null;
  next_check: Generated<string>;
}

export interface OrgSecretsTable {
  organization_id: string;
  owner_kind: string;
  owner_id: string;
  name: string;
  encrypted: string;
  date_created: Generated<string>;
  expires_at: string | null;
  /** The claim of the instance that is replacing the secret. */
  lease: Generated<string | null>;
  leased_until: Generated<string | null>;
}
