import type { Generated } from 'kysely';
import type { Jsonb } from './jsonb.ts';

/** Tables of the server, which belong to no organization. */

export interface IdempotencyKeysTable {
  actor: string;
  key: string;
  fingerprint: string;
  answer: Jsonb<unknown>;
  org_revision: string;
  created_at: Generated<string>;
}

export interface InstancesTable {
  id: string;
  name: string;
  seen_at: Generated<string>;
  /** The ids of its keys, the one in use first. Null for an instance of an earlier release. */
  secret_keys: readonly string[] | null;
}

export interface MailOutboxTable {
  id: Generated<string>;
  message_id: Generated<string>;
  template: string;
  params: Jsonb<unknown>;
  recipient: string;
  attempts: Generated<number>;
  next_attempt_at: Generated<string>;
  lease: string | null;
  digest_key: string | null;
  last_error: string | null;
  failed_at: string | null;
  created_at: Generated<string>;
}
