import type { ListedOrganization } from '@rollcall/client';
import { Badge } from '../kit/badge.tsx';

/** Why an organization in a list is not like the others: it is being deleted. Nothing for one in use. */
export function OrganizationStatus({ status }: Pick<ListedOrganization, 'status'>) {
  if (status === 'active') return null;
  return <Badge tone="bad">{status === 'pending_deletion' ? 'Pending deletion' : 'Being deleted'}</Badge>;
}
