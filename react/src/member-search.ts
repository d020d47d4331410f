import { type MemberRecord, orgRoles, parseSearchQuery, type Scope } from '@rollcall/client';
import { isBlocked, isInvitation } from './blocked-members.ts';
import { foldText, wordsTest } from './match-words.ts';
import type { MemberRow } from './member-rows.ts';

/** The keys of filters. REST has them too, except `team`, `status`, `name` and `2fa`. */
const keys = ['id', 'user.id', 'email', 'name', 'role', 'scope', 'isInvited', 'status', 'has2fa', '2fa', 'ssoLinked', 'team'] as const;
type Key = (typeof keys)[number];

const keyPattern = new RegExp(`(?<=^|\\s)(${keys.map((key) => key.replace('.', '\\.')).join('|')}):\\s*(?=\\S)`, 'gi');

/** The query with its keys spelled as above: `Role: owner` becomes `role:owner`. */
export function normalizeMemberQuery(query: string): string {
  return query.replace(keyPattern, (_all, written: string) => `${keys.find((key) => key.toLowerCase() === written.toLowerCase())}:`);
}

export function parseMemberQuery(query: string): ReturnType<typeof parseSearchQuery> {
  return parseSearchQuery(normalizeMemberQuery(query));
}

/**
 * The rows that match all words of the query, in any order, and all its filters. An unknown key
 * matches no row. `sees2fa` is whether the viewer may see who has 2FA and who is blocked without
 * it.
 */
export function searchRows(rows: readonly MemberRow[], query: string, sees2fa: boolean): readonly MemberRow[] {
  const { text, filters } = parseMemberQuery(query);
  const tests = [...filters].map(([key, values]) => testOf(key as Key, values.map(foldText), sees2fa));
  if (text.trim() === '' && tests.length === 0) return rows;
  const hasWords = wordsTest(text);
  return rows.filter((row) => hasWords(row.haystack) && tests.every((test) => test(row)));
}

type Test = (row: MemberRow) => boolean;

const yes = new Set(['true', 'on', 'yes', '1']);

/** Tests a row against a filter. `values` are folded, and one of them must match. */
function testOf(key: Key, values: readonly string[], sees2fa: boolean): Test {
  const isTrue = values.some((value) => yes.has(value));
  switch (key) {
    case 'id':
      return ({ member }) => values.includes(member.id);
    case 'user.id':
      return ({ member }) => member.user !== null && values.includes(member.user.id);
    case 'email':
      return ({ member }) => [member.email, member.user?.email].some((email) => email && values.includes(foldText(email)));
    case 'name':
      return ({ member }) => values.some((value) => wordsTest(value)(foldText(member.name)));
    case 'role':
      return ({ member }) => values.includes(member.orgRole) || values.includes(foldText(orgRoles[member.orgRole].name));
    case 'scope':
      return ({ member }) => orgRoles[member.orgRole].scopes.some((scope: Scope) => values.includes(scope.toLowerCase()));
    case 'isInvited':
      return ({ member }) => (member.user === null) === isTrue;
    case 'status':
      return ({ member }) => statusesOf(member, sees2fa).some((status) => values.includes(status));
    case 'has2fa':
    case '2fa':
      // Invitations match neither value, since they have no user.
      return ({ member }) => sees2fa && member.user !== null && member.user.has2fa === isTrue;
    case 'ssoLinked':
      return ({ member }) => member.flags['sso:linked'] === isTrue;
    case 'team': {
      const names = new Set(values.map((value) => value.replace(/^#/, '')));
      return ({ teams }) => teams.some(({ team }) => names.has(team.slug.toLowerCase()) || names.has(foldText(team.name)));
    }
    default:
      return () => false;
  }
}

/** The values of `status:` that match a member. */
function statusesOf(member: MemberRecord, sees2fa: boolean): readonly string[] {
  if (sees2fa && isBlocked(member)) return ['blocked'];
  if (!isInvitation(member)) return ['joined', 'active', 'member'];
  const { inviteExpiresAt } = member;
  const isExpired = inviteExpiresAt !== null && Date.parse(inviteExpiresAt) <= Date.now();
  return ['invited', 'pending', ...(isExpired ? ['expired'] : [])];
}
