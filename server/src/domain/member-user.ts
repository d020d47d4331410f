import type { MemberRecord, MemberUser } from '@rollcall/protocol';

/** The member with this user, or with what is now known of them: address and name are always the user's (spec: 6). */
export function memberWithUser<M extends Pick<MemberRecord, 'user' | 'email' | 'name'>>(member: M, user: MemberUser): M {
  return { ...member, user, email: user.email, name: user.name || (user.email ?? '') };
}
