import type { Generated } from 'kysely';
import type { Jsonb } from '../jsonb.ts';

export interface ServiceTokensTable {
  id: string;
  name: string;
  token_hash: string;
  token_last_characters: string;
  scopes: Jsonb<unknown>;
  collections: Jsonb<unknown> | null;
  addresses: Jsonb<unknown> | null;
  date_created: Generated<string>;
  expires_at: string | null;
  date_last_used: string | null;
  last_used_address: string | null;
}
