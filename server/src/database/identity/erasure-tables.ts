import type { Generated } from 'kysely';
import type { Jsonb } from '../jsonb.ts';

/** A person whose names and addresses are being replaced. */
export interface StoredPerson {
  /** Null for an invite that was never accepted. */
  readonly userId: string | null;
  readonly memberIds: readonly string[];
  /** The verified addresses of the account, in lower case. */
  readonly addresses: readonly string[];
  /** Other addresses that were stored for the ids, in lower case. */
  readonly unverifiedAddresses: readonly string[];
}

/** Older versions search for the names, and store no `unverifiedAddresses`. */
type RedactionColumn = Omit<StoredPerson, 'unverifiedAddresses'> & {
  readonly unverifiedAddresses?: readonly string[];
  readonly names: readonly string[];
};

export interface RemovedMembersTable {
  organization_id: string;
  member_id: string;
  /** Null for an invite. */
  user_id: string | null;
  /** The address of an invite, in lower case. Null for a member. */
  email: Generated<string | null>;
  removed_at: Generated<string>;
  /** Set while the rows of the log and the audit log are being rewritten. */
  redaction: Jsonb<RedactionColumn> | null;
}

export interface ErasuresTable {
  user_id: string;
  is_by_operator: boolean;
  requested_at: Generated<string>;
  /** When the account was erased, after all organizations. */
  finished_at: Generated<string | null>;
}

export interface ErasureOrganizationsTable {
  user_id: string;
  organization_id: string;
  redacted_at: Generated<string | null>;
  changed_records: Generated<number>;
  /** The code of the error that refused the last attempt. */
  refusal: Generated<string | null>;
}
