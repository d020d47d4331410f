import type { OrgState } from '@rollcall/protocol';
import { authorize } from '../../../domain/authorize.ts';
import { updated } from '../../../domain/changes.ts';
import { ipAllowListEdited, isExpired } from '../../../domain/organizations/ip-allow-list.ts';
import type { Command } from '../../command.ts';
import { loadActorState } from '../../load-state.ts';

/**
 * Removes the rules of the list of allowed addresses that have expired (REST contract 13.3). They
 * allow no address from then on anyway, but only a revision ends the open subscriptions. If several
 * instances run it at once, the later ones find nothing left.
 */
export const removeExpiredAddresses: Command<Record<string, never>, OrgState, null> = {
  name: 'remove-expired-addresses',
  endsAccess: () => true,

  load: (tx, _input, { orgId, actor }) => loadActorState(tx, orgId, actor),

  decide(_input, state, { actor, now }) {
    authorize(state, actor, 'org:admin');
    const before = state.ipAllowList;
    if (!before) return { changes: [], result: null };
    const after = { ...before, rules: before.rules.filter(({ expiresAt }) => !isExpired(expiresAt, now)) };
    return { changes: updated('ip-allow-list', before, after), audit: ipAllowListEdited(before, after), result: null };
  },
};
