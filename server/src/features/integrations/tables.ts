import type { Generated } from 'kysely';
import type { Jsonb } from '../../database/jsonb.ts';
import type { DangerousSync, DirectoryReading } from './domain/directory-reading.ts';

export interface IntegrationTables {
  integration_flows: IntegrationFlowsTable;
  provider_notices: { provider: string; notice_id: string; date_created: Generated<string> };
  directory_reads: DirectoryReadsTable;
  provider_revocations: ProviderRevocationsTable;
  notifier_messages: { integration_id: string; organization_id: string; subject: string; channel: string; message_id: string };
}

interface IntegrationFlowsTable {
  state_hash: string;
  organization_id: string;
  provider: string;
  user_id: string;
  session_id: string;
  sealed: string | null;
  date_created: Generated<string>;
}

interface DirectoryReadsTable {
  integration_id: string;
  organization_id: string;
  next_read_at: string;
  last_read_at: string | null;
  last_error: string | null;
  drift: Jsonb<DirectoryReading> | null;
  lease: string | null;
  leased_until: string | null;
  attempts: Generated<number>;
  confirmed: Jsonb<readonly DangerousSync[]> | null;
}

interface ProviderRevocationsTable {
  integration_id: string;
  organization_id: string;
  provider: string;
  external_id: string;
  attempts: Generated<number>;
  next_attempt_at: Generated<string>;
  called_until: string | null;
  is_ended: Generated<boolean>;
}
