import type { Generated } from 'kysely';

export interface SentInvitesTable {
  id: Generated<string>;
  organization_id: string;
  actor: string;
  email: string;
  sent_at: Generated<string>;
}
