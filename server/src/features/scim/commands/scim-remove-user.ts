import type { MemberRecord, OrgState } from '@rollcall/protocol';
import { authorizeScim } from '../../../domain/access/scim-access.ts';
import type { Command } from '../../../write-path/command.ts';
import { loadEnteredState } from '../../../write-path/commands/load-by-path.ts';
import { loadScimUser } from './load-scim.ts';
import { loadRemoval, markIdentityRemoved, type RemovalFacts, removeProvisioned } from './remove-provisioned.ts';

interface Facts {
  readonly state: OrgState;
  readonly target: MemberRecord;
  readonly removal: RemovalFacts;
}

/** Removes a user for the identity provider (REST contract 12.1). */
export const scimRemoveUser: Command<{ readonly user: string }, Facts, null> = {
  name: 'scim-remove-user',
  endsAccess: () => true,

  async load(tx, { user }, context) {
    const state = await loadEnteredState(tx, context);
    authorizeScim(state, context.actor, ['member:admin']);
    const { member: target } = await loadScimUser(tx, state, user);
    return { state, target, removal: await loadRemoval(tx, context.orgId, target) };
  },

  decide(_input, { state, target, removal }, { actor }) {
    authorizeScim(state, actor, ['member:admin']);
    return { ...removeProvisioned(state, actor, target, removal), result: null };
  },

  persistSideEffects: (tx, _decision, { orgId }, { target }) => markIdentityRemoved(tx, orgId, target),
};
