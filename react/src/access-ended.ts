import type { OrganizationStatus } from '@rollcall/client';

/** Whether the organization no longer arrives: the user isn't a member, or the access ended. */
export function isEnded(phase: OrganizationStatus['phase']): boolean {
  return phase === 'denied' || phase === 'refused' || phase === 'revoked' || phase === 'closed';
}
