import type { MemberRecord } from '@rollcall/protocol';
import type { Command } from '../../command.ts';
import { userConflicts } from '../../users/create-user.ts';
import { insertUser, type NewUser } from '../../users/insert-user.ts';
import { type AddMember, type AddMemberFacts, addMember } from './add-member.ts';

/**
 * Creates a user for the operator. The user is a member from the beginning, with the default role.
 * If either fails, neither is saved. A user without the member would stay outside, because a
 * repeated request finds the user and can't know whether their member was removed.
 * @throws OrgError `already-exists` as `createUser`
 */
export const addNewUser: Command<NewUser, AddMemberFacts, MemberRecord> = {
  name: 'add-new-user',

  async load(tx, user, context) {
    return addMember.load(tx, joining(await insertUser(tx, 'operator', user)), context);
  },

  decide: (_user, facts, context) => addMember.decide(joining(facts.user!.id), facts, context),

  conflicts: userConflicts,
};

function joining(userId: string): AddMember {
  return { userId, orgRole: null, teams: null };
}
