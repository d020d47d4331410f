import type { Collection } from './collections.ts';
import { type RecordKind, type Unit, unitFacts, unitOf, units } from './record-kinds.ts';
import type { AuditEntryRecord, MemberRecord, MemberUser, OrganizationRecord, OrgRecord } from './records.ts';
import type { Scope } from './roles.ts';

/**
 * A class of viewers who see the same records. It is derived from effective scopes, the requested
 * collections, and the flags for privacy, open membership and join requests, but never from the
 * person. An organization has few audiences, so each step is encoded a few times instead of once
 * per socket.
 */
export interface Audience {
  /** Equal keys see equal records. The key is part of every cursor. */
  readonly key: string;
  readonly sees: ReadonlySet<Unit>;
  readonly hidesEmails: boolean;
}

/** The settings of an organization on which its audiences depend. */
type AudienceSettings = Pick<OrganizationRecord, 'openMembership' | 'allowJoinRequests' | 'enhancedPrivacy'>;

/**
 * Whether the organization has switched off the feature that a unit belongs to. The unit's records
 * are then hidden from everyone, regardless of how they were created (case S-17).
 */
function isSwitchedOff(organization: AudienceSettings, unit: Unit): boolean {
  return unit === 'join-request' && !organization.allowJoinRequests;
}

/**
 * Audiences of all organizations, by everything on which they depend. When an organization's record
 * changes, thousands of viewers are evaluated, and few of their audiences differ.
 */
const known = new Map<string, Audience>();
/** Limits the memory that clients can take up by requesting many different collections. */
const knownMax = 1_000;

/** The scopes of a viewer who sees all records, regardless of the organization's settings. */
export const everything = 'everything';
type ViewerScopes = ReadonlySet<Scope> | typeof everything;

/** @param collections the requested collections; null for all that the scopes allow */
export function audienceOf(organization: AudienceSettings, scopes: ViewerScopes, collections: readonly Collection[] | null): Audience {
  const { openMembership, allowJoinRequests, enhancedPrivacy } = organization;
  const settings = `${openMembership} ${allowJoinRequests} ${enhancedPrivacy}`;
  const key = `${settings} ${scopes === everything ? scopes : [...scopes].join()} ${collections?.join() ?? '*'}`;
  const found = known.get(key);
  if (found) return found;
  const audience = makeAudience(organization, scopes, collections);
  if (known.size >= knownMax) known.clear();
  known.set(key, audience);
  return audience;
}

function makeAudience(organization: AudienceSettings, scopes: ViewerScopes, collections: readonly Collection[] | null): Audience {
  // The roles with `org:write` are those that reach everything.
  const reachesAll = scopes === everything || organization.openMembership || scopes.has('org:write');
  const sees = units.filter(
    (unit) =>
      (scopes === everything || unitFacts[unit].scopes.some((scope) => scopes.has(scope))) &&
      (reachesAll || !unitFacts[unit].needsAllProjects) &&
      !isSwitchedOff(organization, unit) &&
      (collections === null || collections.includes(unitFacts[unit].collection)),
  );
  const hidesEmails = scopes !== everything && hidesAddresses(organization, scopes);
  const bits = sees.reduce((sum, unit) => sum + 2 ** unitFacts[unit].bit, 0);
  return { key: `${bits.toString(36)}${hidesEmails ? '-private' : ''}`, sees: new Set(sees), hidesEmails };
}

/** Whether addresses are hidden. Under enhanced privacy only managers of members see them. */
export function hidesAddresses({ enhancedPrivacy }: Pick<OrganizationRecord, 'enhancedPrivacy'>, scopes: ReadonlySet<Scope>): boolean {
  return enhancedPrivacy && !scopes.has('member:write');
}

/** The kinds whose records look different to the two audiences, or are visible to only one. */
export function kindsOfMove(from: Audience, to: Audience): ReadonlySet<RecordKind> {
  const differing = units.filter((unit) => from.sees.has(unit) !== to.sees.has(unit));
  const kinds = new Set(differing.map((unit) => unitFacts[unit].kind));
  return from.hidesEmails === to.hidesEmails ? kinds : kinds.add('member').add('audit-entry');
}

/**
 * Returns the part of a record that `audience` may see, or null. Snapshots, pushes and `dehydrate`
 * of the client use this function. If nothing is hidden, it returns the same object.
 */
export function projectRecord(audience: Audience, kind: string, record: OrgRecord): OrgRecord | null {
  if (!audience.sees.has(unitOf(kind, record))) return null;
  if (!audience.hidesEmails) return record;
  if (kind === 'member') return withoutAddresses(record as unknown as MemberRecord);
  return kind === 'audit-entry' ? auditEntryWithoutAddresses(record as unknown as AuditEntryRecord) : record;
}

/** Removes addresses, and names that are addresses. */
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

/** Also removes the note, because notes name people by their addresses. */
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
