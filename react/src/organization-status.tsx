import type { ListedOrganization } from '@rollcall/client';
import { Badge } from './parts/badge.tsx';

/** The badge of an organization that is being deleted; nothing for an active one. */
export function OrganizationStatus({ status }: Pick<ListedOrganization, 'status'>) {
  if (status === 'active') return null;
  return <Badge tone="bad">{status === 'pending_deletion' ? 'Pending deletion' : 'Being deleted'}</Badge>;
}
