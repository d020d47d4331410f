import type { Jsonb } from '../../database/jsonb.ts';

export interface RetentionTables {
  retention_runs: RetentionRunsTable;
}

interface RetentionRunsTable {
  organization_id: string;
  next_run_at: string;
  lease: string | null;
  leased_until: string | null;
  last_run_at: string | null;
  last_result: Jsonb<unknown> | null;
}
