import type { OrganizationState } from '@rollcall/client';
import { useCan, useOrgState, useOrgStatus } from '../../live/organization.tsx';
import { administersSome, type Viewer } from '../members/member-powers.ts';

const selectMemberCreation = ({ organization }: OrganizationState) => organization?.allowMemberProjectCreation ?? false;

/** Members may where the organization lets them; an admin of a team may in it; managers and owners everywhere. */
export function useWhyNotCreate(viewer: Viewer): string | null {
  const { revision } = useOrgStatus();
  const { allowed: canRead } = useCan(['project:read', 'project:write', 'project:admin']);
  const allowsMembers = useOrgState(selectMemberCreation);
  if (revision === null) return 'Still loading.';
  if (viewer.canWriteOrganization || (canRead && allowsMembers) || administersSome(viewer)) return null;
  return 'Only managers, owners and team admins can create projects here.';
}
