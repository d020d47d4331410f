import type { MemberRecord, OrgState, TeamMemberRecord } from '@rollcall/protocol';
import { readMembers, readTeamMembers } from '../../../database/records/records-read.ts';
import { usesScim } from '../../../domain/access/scim-access.ts';
import { authorize } from '../../../domain/authorize.ts';
import { isLongExpired } from '../../../domain/invites/invites.ts';
import { removedMembers } from '../../../domain/members/member-removal.ts';
import type { Command } from '../../command.ts';
import { loadActorState } from '../../load-state.ts';

interface Facts {
  readonly state: OrgState;
  readonly invites: readonly MemberRecord[];
  /** Memberships of all invites. */
  readonly teamMembers: readonly TeamMemberRecord[];
}

/**
 * Removes invites that expired long ago (REST contract 7.4). If several instances run it at once,
 * the later ones find nothing left.
 */
export const removeExpiredInvites: Command<Record<string, never>, Facts, number> = {
  name: 'remove-expired-invites',

  async load(tx, _input, { orgId, actor }) {
    const invites = await readMembers(tx, orgId, { isPending: true });
    return {
      state: await loadActorState(tx, orgId, actor),
      invites,
      teamMembers: await readTeamMembers(tx, orgId, { memberIds: invites.map(({ id }) => id) }),
    };
  },

  decide(_input, { state, invites, teamMembers }, { actor, now }) {
    authorize(state, actor, 'member:admin');
    // An identity provider lists its users by invite, and would create missing ones again.
    const expired = usesScim(state) ? [] : invites.filter((invite) => isLongExpired(invite, now));
    const ids = new Set(expired.map(({ id }) => id));
    const ofExpired = teamMembers.filter(({ memberId }) => ids.has(memberId));
    return { changes: removedMembers(expired, ofExpired), result: expired.length };
  },
};
