import type { MemberRecord, RestSecurityEvent, SecurityEventName } from '@rollcall/client';

const labels: Readonly<Record<SecurityEventName, string>> = {
  login: 'Login',
  refusal: 'Request refused',
  limit: 'Limit reached',
  'account.create': 'Registration',
  'password.reset': 'Password reset',
  'password.change': 'Password changed',
  'factor.change': 'Second factor changed',
  'address.change': 'Email address changed',
  'session.end': 'Session ended',
  'token.create': 'Token created',
  'token.revoke': 'Token revoked',
  'token.new-network': 'Token used from a new network',
  'organization.change': 'Organization changed',
  transfer: 'Export or import',
  erasure: 'Erasure of a person',
  'operator.act': 'Act of the operator',
};

/** The name of an event. A newer server may have others. */
export function nameOfEvent(event: string): string {
  return Object.hasOwn(labels, event) ? labels[event as SecurityEventName] : event;
}

/** The names of members by the ids of their users. */
export function namesOf(members: readonly MemberRecord[]): ReadonlyMap<string, string> {
  return new Map(members.flatMap(({ user, name }) => (user ? [[user.id, name] as const] : [])));
}

export function nameOfCaller({ caller, count, address }: RestSecurityEvent, names: ReadonlyMap<string, string>): string {
  if (caller === null) return count > 1 && address === null ? 'Several callers' : 'Not logged in';
  const { kind, id } = caller;
  if (kind === 'user') return id === null ? 'Erased user' : (names.get(id) ?? `User ${id}`);
  if (kind === 'operator') return 'Operator of the server';
  return kind === 'system' ? 'System' : `Token ${id}`;
}

/** The details of an event, such as `member.remove · Ada`. */
export function detailsOf({ kind, target, count }: RestSecurityEvent, names: ReadonlyMap<string, string>): string {
  const about = target && (target.kind === 'user' ? (names.get(target.id) ?? `user ${target.id}`) : `${target.kind} ${target.id}`);
  return [kind, about, count > 1 ? `${count.toLocaleString('en')} times in a minute` : null].filter((part) => part !== null).join(' · ');
}
