import type { Generated } from 'kysely';
import type { Jsonb } from '../jsonb.ts';

export interface OperatorTokensTable {
  id: string;
  name: string;
  token_hash: string;
  token_last_characters: string;
  scopes: Jsonb<unknown>;
  created_by: string;
  date_created: Generated<string>;
  expires_at: string;
  date_last_used: string | null;
}
