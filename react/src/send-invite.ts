import { type NewInvite, type OrganizationHandle, OrgError, type RestMember } from '@rollcall/client';
import { explain } from './explain.ts';
import type { Outcome } from './parts/progress-list.tsx';

/** Called after each invitation that was sent, and after each request for one. */
export type OnInvited = (invite: RestMember) => void;

/** Sends an invitation, or a request for one. Returns the result that the user sees. */
export async function sendInvite(
  org: Pick<OrganizationHandle, 'inviteMember' | 'requestInvite'>,
  invite: NewInvite,
  isRequesting: boolean,
  onInvited: OnInvited,
): Promise<Outcome> {
  try {
    const { data } = await (isRequesting ? org.requestInvite(invite) : org.inviteMember(invite));
    // If `onInvited` throws, that is an uncaught error, since the invitation was sent.
    queueMicrotask(() => onInvited(data));
    return { kind: 'done', reason: isRequesting ? 'Approval requested' : 'Invited' };
  } catch (error) {
    return { kind: 'refused', reason: error instanceof OrgError ? explain(error) : String(error) };
  }
}
