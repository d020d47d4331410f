import type { MemberRecord, MemberUser } from '@rollcall/protocol';
import { readMembers } from '../../database/records-read.ts';
import { readMemberUsers } from '../../database/users-read.ts';
import { updated } from '../../domain/changes.ts';
import { memberWithUser } from '../../domain/member-user.ts';
import type { Command } from '../command.ts';

export interface RefreshMemberUser {
  readonly userId: string;
}

interface Facts {
  /** Null when they left meanwhile. */
  readonly member: MemberRecord | null;
  readonly user: MemberUser | null;
}

/** Brings one organization's copy of a user up to date. The server runs it by itself after a user changed. */
export const refreshMemberUser: Command<RefreshMemberUser, Facts, null> = {
  name: 'refresh-member-user',

  async load(tx, { userId }, { orgId }) {
    const [member = null] = await readMembers(tx, orgId, { userIds: [userId] });
    const [user = null] = await readMemberUsers(tx, [userId]);
    return { member, user };
  },

  decide(_input, { member, user }) {
    const changes = member && user ? updated('member', member, memberWithUser(member, user)) : [];
    return { changes, result: null };
  },
};
