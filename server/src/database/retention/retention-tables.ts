import type { Generated } from 'kysely';
import type { Jsonb } from '../jsonb.ts';

export interface RetentionRunsTable {
  organization_id: string;
  next_run_at: string;
  lease: string | null;
  leased_until: string | null;
  last_run_at: string | null;
  last_result: Jsonb<unknown> | null;
}

/** A person whose names and addresses are being replaced. */
export interface StoredPerson {
  /** Null for an invite that was never accepted. */
  readonly userId: string | null;
  readonly memberIds: readonly string[];
  readonly names: readonly string[];
  /** In lower case. */
  readonly addresses: readonly string[];
}

export interface RemovedMembersTable {
  organization_id: string;
  member_id: string;
  /** Null for an invite. */
  user_id: string | null;
  /** The address of an invite, in lower case. Null for a member. */
  email: Generated<string | null>;
  removed_at: Generated<string>;
  /** Set while the rows of the log and the audit log are being rewritten. */
  redaction: Jsonb<StoredPerson> | null;
}
