interface MemberOrInvite {
  readonly id: string;
  readonly user?: { readonly id: string } | null;
  readonly detachedUser?: { readonly id: string };
}

/** What a person's avatar is coloured by: the user, who is the same on every page and in every organization. An invite has none yet. */
export function personIdOf({ id, user, detachedUser }: MemberOrInvite): string {
  return user?.id ?? detachedUser?.id ?? id;
}
