import type { Generated } from 'kysely';
import type { Person } from '../../domain/retention/redact.ts';
import type { Jsonb } from '../jsonb.ts';

export interface RetentionRunsTable {
  organization_id: string;
  next_run_at: string;
  lease: string | null;
  leased_until: string | null;
  last_run_at: string | null;
  last_result: Jsonb<unknown> | null;
}

export interface RemovedMembersTable {
  organization_id: string;
  member_id: string;
  /** Null for an invite. */
  user_id: string | null;
  removed_at: Generated<string>;
  /** Set while the rows of the log and the audit log are being rewritten. */
  redaction: Jsonb<Person> | null;
}
