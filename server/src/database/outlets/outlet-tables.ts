import type { IntegrationRecord } from '@rollcall/protocol';
import type { Generated, GeneratedAlways } from 'kysely';
import type { Jsonb } from '../jsonb.ts';

/** The rows of integrations, of the consumers of the log, and of their deliveries. */

export interface IntegrationsTable {
  id: string;
  organization_id: string;
  provider: string;
  external_id: string;
  integration: Jsonb<Omit<IntegrationRecord, 'id' | 'provider' | 'externalId'>>;
}

export interface ExternalUsersTable {
  id: string;
  organization_id: string;
  provider: string;
  integration_id: string;
  member_id: string;
  external_name: string;
  external_id: string | null;
}

export interface ExternalTeamsTable {
  id: string;
  organization_id: string;
  provider: string;
  integration_id: string;
  team_id: string;
  external_name: string;
  external_id: string | null;
  follows: string;
}

export interface LogConsumersTable {
  organization_id: string;
  consumer: string;
  epoch: string;
  revision: string;
  event_index: Generated<number>;
  is_active: Generated<boolean>;
  attempts: Generated<number>;
  next_attempt_at: string | null;
  last_error: string | null;
  failing_since: string | null;
  host: string | null;
  lease: string | null;
  leased_until: string | null;
}

export interface DeliveriesTable {
  id: GeneratedAlways<string>;
  organization_id: string;
  consumer: string;
  event_id: string;
  event_type: string;
  attempt: number;
  delivered_at: string;
  ms: number;
  status: number | null;
  error: string | null;
  response: string | null;
  next_attempt_at: string | null;
}
