import type { AuthProviderRecord, LogChange, MemberRecord } from '@rollcall/protocol';

/**
 * The rows of the simulated database that are not records. They are part of each version, because a
 * failover and a restore lose them together with the records.
 */
export interface Rows {
  /** The linked identities by subject, as in the table `sso_identities`. */
  readonly identities: ReadonlyMap<string, IdentityRow>;
  /** The users whose member was removed, as in the table `sso_removed_users`. */
  readonly removedUserIds: ReadonlySet<string>;
  /** The users whom SCIM has removed, until they become members again. They must have no access. */
  readonly barredUserIds: ReadonlySet<string>;
  /** The checks of DNS by the id of the domain. */
  readonly domains: ReadonlyMap<string, DomainRow>;
}

interface IdentityRow {
  readonly userId: string;
  /** Null if the member was removed. */
  readonly memberId: string | null;
}

interface DomainRow {
  /** The day of the first check in a row that found no record in DNS. */
  readonly missingSince: number | null;
  /** Whether a record in DNS proves control of the domain, by the rules of REST contract 13.6. */
  readonly isProven: boolean;
}

/** The rows after the changes of a revision, as the product saves them with any command. */
export function rowsAfter(rows: Rows, changes: readonly LogChange[]): Rows {
  let next = rows;
  for (const { kind, before, after } of changes) {
    if (kind === 'member') next = afterMember(next, before as MemberRecord | null, after as MemberRecord | null);
    else if (kind === 'auth-provider' && generationOf(after) !== generationOf(before)) next = afterReplacement(next);
  }
  return next;
}

const generationOf = (record: LogChange['after']) => (record as AuthProviderRecord | null)?.generation;

function afterMember(rows: Rows, before: MemberRecord | null, after: MemberRecord | null): Rows {
  if (after?.user && after.user.id !== before?.user?.id) {
    const { id } = after.user;
    return { ...rows, barredUserIds: new Set([...rows.barredUserIds].filter((userId) => userId !== id)) };
  }
  if (after !== null || before === null) return rows;
  const own = [...rows.identities].filter(([, { memberId }]) => memberId === before.id);
  const identities = new Map(rows.identities);
  for (const [subject, row] of own) {
    // An identity that was invalid must not become valid if its user becomes a member again.
    if (before.flags['sso:invalid']) identities.delete(subject);
    else identities.set(subject, { ...row, memberId: null });
  }
  const userIds = [...own.map(([, { userId }]) => userId), ...(before.user ? [before.user.id] : [])];
  return { ...rows, identities, removedUserIds: new Set([...rows.removedUserIds, ...userIds]) };
}

/** The subjects of removed members may belong to other persons at the new provider. */
function afterReplacement(rows: Rows): Rows {
  return { ...rows, identities: new Map([...rows.identities].filter(([, { memberId }]) => memberId !== null)) };
}

/** Links a subject. Earlier identities of the user end. */
export function withIdentity(rows: Rows, subject: string, { userId, memberId }: IdentityRow): Rows {
  const others = [...rows.identities].filter(([other, row]) => other !== subject && row.userId !== userId);
  return { ...rows, identities: new Map([...others, [subject, { userId, memberId }]]) };
}

export function withoutIdentityOf(rows: Rows, memberId: string): Rows {
  return { ...rows, identities: new Map([...rows.identities].filter(([, row]) => row.memberId !== memberId)) };
}
