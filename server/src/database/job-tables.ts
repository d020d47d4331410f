import type { Generated } from 'kysely';
import type { Jsonb } from './jsonb.ts';

export interface JobTables {
  jobs: JobsTable;
  job_results: { job_id: string; organization_id: string; result: Jsonb<unknown> };
}

interface JobsTable {
  id: Generated<string>;
  kind: string;
  /** The id of the user, for example. */
  subject: string;
  params: Jsonb<unknown>;
  /** Null before the first step. */
  progress: Jsonb<unknown> | null;
  is_repeated: Generated<boolean>;
  attempts: Generated<number>;
  next_attempt_at: Generated<string>;
  lease: string | null;
  leased_until: string | null;
  last_error: string | null;
  created_at: Generated<string>;
  /** Null while the job is open. */
  finished_at: string | null;
  /** The operator who requested the job. Null for other requests. */
  operator_name: string | null;
}
