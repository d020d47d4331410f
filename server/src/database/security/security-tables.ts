import type { Generated } from 'kysely';

/** The rows of verified domains, of secrets and of security events. */

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

export interface SecurityEventsTable {
  id: Generated<string>;
  /** Null for an event of the whole server. */
  organization_id: string | null;
  event: string;
  kind: string | null;
  outcome: string;
  count: Generated<number>;
  caller_kind: string | null;
  /** The id of a user or a token, or the name of an operator. */
  caller_id: string | null;
  credential_kind: string | null;
  credential_id: string | null;
  address: string | null;
  target_kind: string | null;
  target_id: string | null;
  request_id: string | null;
  instance: string;
  date_created: string;
}
