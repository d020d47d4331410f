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
