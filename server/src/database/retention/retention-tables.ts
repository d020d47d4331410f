import type { Jsonb } from '../jsonb.ts';

export interface RetentionRunsTable {
  organization_id: string;
  next_run_at: string;
  lease: string | null;
  leased_until: string | null;
  last_run_at: string | null;
  last_result: Jsonb<unknown> | null;
}
