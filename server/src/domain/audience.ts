import {
  type AuditEntryRecord,
  type Collection,
  type MemberRecord,
  type MemberUser,
  type OrganizationRecord,
  type OrgRecord,
  type OrgState,
  type RecordKind,
  type Scope,
  type Unit,
  unitFacts,
  unitOf,
  units,
} from '@rollcall/protocol';
import type { Actor } from './actor.ts';
import { effectiveScopes } from './authorize.ts';

/**
 * A class of viewers who see the same: derived from effective scopes, the collections they asked for and the flags for
 * privacy, open membership and requests to join, never from the person. Few per organization, so that each step is encoded a few times, not once a socket.
 */
export interface Audience {
  /** Equal keys see equal records. Part of every cursor. */
  readonly key: string;
  readonly sees: ReadonlySet<Unit>;
  readonly hidesEmails: boolean;
}

/** What nobody may do in the organization is shown to nobody, however it came to be there (case S-17). */
function isSwitchedOff(organization: OrganizationRecord, unit: Unit): boolean {
  return unit === 'join-request' && !organization.allowJoinRequests;
}

/**
 * By scopes and collections, of each organization as it stood: when it changes, thousands are judged by the same one, and
 * few of them differ.
 */
const known = new WeakMap<OrganizationRecord, Map<string, Audience>>();
/** Whoever asks for ever other collections fills no memory. */
const knownMax = 1_000;

/** @param collections what was asked for; null is all one may see */
export function audienceOf(
  organization: OrganizationRecord,
  scopes: ReadonlySet<Scope>,
  collections: readonly Collection[] | null,
): Audience {
  const ofOrganization = known.get(organization) ?? new Map<string, Audience>();
  const key = `${[...scopes].join()} ${collections?.join() ?? '*'}`;
  const found = ofOrganization.get(key);
  if (found) return found;
  const audience = makeAudience(organization, scopes, collections);
  if (ofOrganization.size >= knownMax) ofOrganization.clear();
  known.set(organization, ofOrganization.set(key, audience));
  return audience;
}

function makeAudience(organization: OrganizationRecord, scopes: ReadonlySet<Scope>, collections: readonly Collection[] | null): Audience {
  // The roles with `org:write` are those that reach everything.
  const reachesAll = organization.openMembership || scopes.has('org:write');
  const sees = units.filter(
    (unit) =>
      unitFacts[unit].scopes.some((scope) => scopes.has(scope)) &&
      (reachesAll || !unitFacts[unit].needsAllProjects) &&
      !isSwitchedOff(organization, unit) &&
      (collections === null || collections.includes(unitFacts[unit].collection)),
  );
  const hidesEmails = hidesAddresses(organization, scopes);
  const bits = sees.reduce((sum, unit) => sum + 2 ** unitFacts[unit].bit, 0);
  return { key: `${bits.toString(36)}${hidesEmails ? '-private' : ''}`, sees: new Set(sees), hidesEmails };
}

/** Enhanced privacy: addresses are for those who manage members. */
export function hidesAddresses({ enhancedPrivacy }: OrganizationRecord, scopes: ReadonlySet<Scope>): boolean {
  return enhancedPrivacy && !scopes.has('member:write');
}

/** Whether an actor may not see addresses: what they read is shown without them, and what they write confirms none. */
export function hidesAddressesFrom(state: OrgState, actor: Actor): boolean {
  if (actor.kind === 'operator' || actor.kind === 'system') return false;
  return hidesAddresses(state.organization!, effectiveScopes(state, actor));
}

/** The kinds whose records look different to the two, or show to one of them only. */
export function kindsOfMove(from: Audience, to: Audience): ReadonlySet<RecordKind> {
  const differing = units.filter((unit) => from.sees.has(unit) !== to.sees.has(unit));
  const kinds = new Set(differing.map((unit) => unitFacts[unit].kind));
  return from.hidesEmails === to.hidesEmails ? kinds : kinds.add('member').add('audit-entry');
}

/** What `audience` may see of a record; null when nothing. Snapshots and pushes both go through here. The same object when nothing is hidden. */
export function projectRecord(audience: Audience, kind: string, record: OrgRecord): OrgRecord | null {
  if (!audience.sees.has(unitOf(kind, record))) return null;
  if (!audience.hidesEmails) return record;
  if (kind === 'member') return withoutAddresses(record as unknown as MemberRecord);
  return kind === 'audit-entry' ? auditEntryWithoutAddresses(record as unknown as AuditEntryRecord) : record;
}

/** Addresses go, and names that are addresses with them. */
export function withoutAddresses(member: MemberRecord): MemberRecord {
  return {
    ...member,
    email: null,
    name: nameUnlessAddress(member.name),
    inviterName: member.inviterName && nameUnlessAddress(member.inviterName),
    user: member.user && userWithoutAddress(member.user),
    ...(member.detachedUser ? { detachedUser: { ...member.detachedUser, name: nameUnlessAddress(member.detachedUser.name) } } : {}),
  };
}

export function userWithoutAddress(user: MemberUser): MemberUser {
  return { ...user, email: null, username: null, name: nameUnlessAddress(user.name) };
}

/** Notes are prose that names people by their addresses. */
export function auditEntryWithoutAddresses(entry: AuditEntryRecord): AuditEntryRecord {
  const { actor, targetUser, data } = entry;
  return {
    ...entry,
    actor: actor && { ...actor, name: nameUnlessAddress(actor.name) },
    targetUser: targetUser && { ...targetUser, name: nameUnlessAddress(targetUser.name) },
    note: '',
    data: Object.fromEntries(Object.entries(data).filter(([, value]) => !value.includes('@'))),
  };
}

function nameUnlessAddress(name: string): string {
  return name.includes('@') ? '' : name;
}
