import type { AuditEntryRecord, LogChange, MemberRecord } from '@rollcall/protocol';

/** The replacement of a person's data in records of the past (REST contract 13.17). */

/** A person whose data one organization may no longer store. */
export interface Person {
  /** Null for an invite that was never accepted. */
  readonly userId: string | null;
  readonly memberIds: readonly string[];
  /** All names and addresses that the organization knew. */
  readonly names: readonly string[];
  readonly addresses: readonly string[];
}

/** The replacement of a person's name and address. */
export interface Alias {
  readonly name: string;
  readonly email: string;
}

export function aliasOfUser(userId: string): Alias {
  return { name: `Erased user ${userId}`, email: `erased-${userId}@users.invalid` };
}

/**
 * An erased user has no account again, so they get no membership and no credential. They are never
 * active, unlike a user whose identity provider gave them such an address.
 */
export function isErased(user: { readonly id: string; readonly email: string | null; readonly isActive: boolean }): boolean {
  return !user.isActive && user.email === aliasOfUser(user.id).email;
}

export function aliasOf({ userId, memberIds }: Pick<Person, 'userId' | 'memberIds'>): Alias {
  if (userId !== null) return aliasOfUser(userId);
  return { name: `Erased invite ${memberIds[0]}`, email: `erased-invite-${memberIds[0]}@users.invalid` };
}

/** Sorts texts into names and addresses, because the name of an invite is its address. */
export function personOf(who: Pick<Person, 'userId' | 'memberIds'>, texts: Iterable<string | null | undefined>): Person {
  const alias = aliasOf(who);
  const known = [...new Set(texts)].filter((text): text is string => Boolean(text?.trim()) && text !== alias.name && text !== alias.email);
  return {
    ...who,
    names: known.filter((text) => !text.includes('@')),
    addresses: [...new Set(known.filter((text) => text.includes('@')).map((text) => text.toLowerCase()))],
  };
}

/** Replaces the data of one person. Data that is replaced already stays as it is. */
export class Redactor {
  readonly #person: Person;
  readonly #alias: Alias;
  readonly #pattern: RegExp;

  constructor(person: Person) {
    this.#person = person;
    this.#alias = aliasOf(person);
    this.#pattern = patternOf(person, this.#alias);
  }

  /**
   * Replaces names as whole words only, so that a person named Dev does not change "Developers".
   */
  text(text: string): string {
    return text.replace(this.#pattern, (found) => {
      if (found === this.#alias.name || found === this.#alias.email) return found;
      return found.includes('@') ? this.#alias.email : this.#alias.name;
    });
  }

  member(member: MemberRecord): MemberRecord {
    const isInviter = this.#isUser(member.inviterId) && member.inviterName !== null;
    const invited = isInviter ? { ...member, inviterName: this.#alias.name } : member;
    if (!this.#owns(member)) return invited;
    const { name, email } = this.#alias;
    const { user, detachedUser } = member;
    return {
      ...invited,
      name: member.name === '' ? '' : member.name.includes('@') ? email : name,
      email: member.email === null ? null : email,
      user: user && {
        ...user,
        name: user.name && name,
        username: user.username === null ? null : email,
        email: user.email === null ? null : email,
      },
      ...(detachedUser ? { detachedUser: { ...detachedUser, name } } : {}),
    };
  }

  auditEntry(entry: AuditEntryRecord): AuditEntryRecord {
    const { actor, targetUser, ipAddress } = entry;
    const isActor = actor !== null && this.#isUser(actor.id);
    return {
      ...entry,
      actor: isActor ? { ...actor, name: this.#alias.name } : actor,
      targetUser: targetUser !== null && this.#isUser(targetUser.id) ? { ...targetUser, name: this.#alias.name } : targetUser,
      ipAddress: isActor ? null : ipAddress,
      note: this.text(entry.note),
      data: Object.fromEntries(Object.entries(entry.data).map(([key, value]) => [key, this.text(value)])),
    };
  }

  /** A change of the log. Records of kinds without persons stay as they are. */
  change({ kind, id, before, after }: LogChange): LogChange {
    const redacted = (record: LogChange['after']) => record && this.#record(kind, record);
    return { kind, id, before: redacted(before), after: redacted(after) };
  }

  #record(kind: string, record: NonNullable<LogChange['after']>): NonNullable<LogChange['after']> {
    if (kind === 'member') return { ...this.member(record as unknown as MemberRecord) };
    if (kind === 'audit-entry') return { ...this.auditEntry(record as unknown as AuditEntryRecord) };
    if (kind === 'external-user' && this.#person.memberIds.includes(String(record.memberId))) {
      return { ...record, externalName: this.#alias.name, externalId: null };
    }
    if (kind === 'external-id' && record.id === this.#person.userId) return { ...record, externalId: this.#alias.name };
    return record;
  }

  #owns({ id, user, detachedUser, email }: MemberRecord): boolean {
    if (this.#person.memberIds.includes(id) || this.#isUser(user?.id ?? detachedUser?.id ?? null)) return true;
    return user === null && !detachedUser && email !== null && this.#person.addresses.includes(email.toLowerCase());
  }

  #isUser(userId: string | null): boolean {
    return userId !== null && userId === this.#person.userId;
  }
}

/**
 * The alias is the first alternative of the pattern, so that it stays even if the name is one of
 * its words.
 */
function patternOf({ names, addresses }: Person, alias: Alias): RegExp {
  const byLength = (texts: readonly string[]) =>
    texts.toSorted((a, b) => b.length - a.length).map((text) => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
  const parts = [
    ...byLength([alias.name, alias.email]),
    ...byLength(addresses).map((address) => `(?<![\\p{L}\\p{N}._%+-])${address}(?![\\p{L}\\p{N}-])`),
    ...byLength(names).map((name) => `(?<![\\p{L}\\p{N}])${name}(?![\\p{L}\\p{N}])`),
  ];
  return new RegExp(parts.join('|'), 'giu');
}
