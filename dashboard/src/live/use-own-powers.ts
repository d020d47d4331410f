import { useCan } from './organization.tsx';

/** Why one may not change the organization, or what is for owners alone. Null where one may. */
export function useOwnPowers(): { readonly whyNotWrite: string | null; readonly whyNotAdmin: string | null } {
  const { allowed: canWrite } = useCan(['org:write', 'org:admin']);
  const { allowed: canAdmin } = useCan('org:admin');
  return {
    whyNotWrite: canWrite ? null : 'Only managers and owners can change these.',
    whyNotAdmin: canAdmin ? null : 'Only owners can change this.',
  };
}
