import type { Generated } from 'kysely';
import type { Jsonb } from '../jsonb.ts';

/** The tables of projects and their keys, as Kysely sees them. */

export interface ProjectsTable {
  id: string;
  organization_id: string;
  slug: string;
  name: string;
  platform: string | null;
  date_created: string;
  security_token: Generated<string>;
  symbol_sources: Generated<string>;
}

export interface ProjectKeysTable {
  public_key: string;
  secret_key: Generated<string>;
  organization_id: string;
  project_id: string;
  name: string;
  is_active: boolean;
  rate_limit: Jsonb<unknown> | null;
  browser_sdk_version: string;
  loader_options: Jsonb<unknown>;
  date_created: string;
}
