interface MemberOrInvite {
  readonly id: string;
  readonly user?: { readonly id: string } | null;
  readonly detachedUser?: { readonly id: string };
}

/**
 * The id that determines the color of a person's avatar: the user's, which is the same in every
 * organization, or the invitation's.
 */
export function personIdOf({ id, user, detachedUser }: MemberOrInvite): string {
  return user?.id ?? detachedUser?.id ?? id;
}
