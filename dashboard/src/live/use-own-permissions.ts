import { useCan } from './organization.tsx';

/**
 * The reasons why the user may not change the organization, or settings for owners only; null if
 * they may.
 */
export function useOwnPermissions(): { readonly whyNotWrite: string | null; readonly whyNotAdmin: string | null } {
  const { allowed: canWrite } = useCan(['org:write', 'org:admin']);
  const { allowed: canAdmin } = useCan('org:admin');
  return {
    whyNotWrite: canWrite ? null : 'Only managers and owners can change these settings.',
    whyNotAdmin: canAdmin ? null : 'Only owners can change this.',
  };
}
