import type { MemberRecord, MemberUser } from '@rollcall/protocol';

type OfUser = Pick<MemberRecord, 'user' | 'email' | 'name' | 'detachedUser'>;

/**
 * Returns the member with this user, or with new data of the same user. The address and the name
 * are always the user's (REST contract 6).
 */
export function memberWithUser<M extends OfUser>(member: M, user: MemberUser): Omit<M, 'detachedUser'> {
  const { detachedUser: _formerUser, ...rest } = member;
  return { ...rest, user, email: user.email, name: user.name || (user.email ?? '') };
}
