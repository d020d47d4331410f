import type { OrganizationState } from '@rollcall/client';
import { useCan, useOrgState, useOrgStatus } from '../../live/organization.tsx';
import { administersSome, type MemberViewer } from '../members/member-permissions.ts';

const selectMemberCreation = ({ organization }: OrganizationState) => organization?.allowMemberProjectCreation ?? false;

/**
 * The reason why the viewer can't create projects; null if they can. Managers, owners and team
 * admins can, and members if the organization allows it.
 */
export function useWhyNotCreate(viewer: MemberViewer): string | null {
  const { revision } = useOrgStatus();
  const { allowed: canRead } = useCan(['project:read', 'project:write', 'project:admin']);
  const allowsMembers = useOrgState(selectMemberCreation);
  if (revision === null) return 'Still loading.';
  if (viewer.canWriteOrganization || (canRead && allowsMembers) || administersSome(viewer)) return null;
  return 'Only managers, owners and team admins can create projects.';
}
