import type { ProviderConfig } from '@rollcall/protocol';
import type { Generated } from 'kysely';
import type { Jsonb } from '../../database/jsonb.ts';

export interface SingleSignOnTables {
  auth_provider_configs: AuthProviderConfigsTable;
  certificate_warnings: { organization_id: string; provider_id: string; fingerprint: string; days: number };
  sso_flows: SsoFlowsTable;
  sso_seen: { organization_id: string; provider_id: string; assertion_id: string; expires_at: string };
}

interface AuthProviderConfigsTable {
  provider_id: string;
  organization_id: string;
  config: Jsonb<ProviderConfig>;
  sp_certificate: string | null;
  /** The successor of `sp_certificate`. */
  next_sp_certificate: Generated<string | null>;
}

interface SsoFlowsTable {
  handle_hash: string;
  organization_id: string;
  provider_id: string;
  generation: number;
  /** `login`, `invite`, `test`, or `tested` for the result of a test. */
  purpose: string;
  request_key: string;
  /** Encrypted JSON: the protocol, the request, and the link of an invitation. */
  sealed: string | null;
  user_id: string | null;
  session_id: string | null;
  next: Generated<string>;
  network: string | null;
  answer: Jsonb<unknown> | null;
  date_created: Generated<string>;
}
