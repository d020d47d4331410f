import type * as z from 'zod/mini';
import type { Collection } from './collections.ts';
import { organizationSubject } from './organization-subject.ts';
import { externalTeamRecordSchema, externalUserRecordSchema, integrationRecordSchema, webhookRecordSchema } from './outlet-records.ts';
import { noPerson, type PersonFacts } from './person-facts.ts';
import { projectSettingsRecordSchema } from './project-settings.ts';
import {
  accessRequestRecordSchema,
  auditEntryRecordSchema,
  authTokenRecordSchema,
  externalIdRecordSchema,
  memberRecordSchema,
  type OrgRecord,
  organizationRecordSchema,
  projectKeyRecordSchema,
  projectRecordSchema,
  projectTeamRecordSchema,
  teamMemberRecordSchema,
  teamRecordSchema,
} from './records.ts';
import { retentionRecordSchema } from './retention-record.ts';
import type { Scope } from './roles.ts';
import { authProviderRecordSchema, ipAllowListRecordSchema, verifiedDomainRecordSchema } from './security-records.ts';

/** A unit of visibility: the records of a kind that the same viewers see. */
export interface UnitFacts {
  /**
   * The unit's bit in the names of audiences, which cursors contain. A new unit takes the next
   * bit. So audiences that see the unit get a new name, and their clients fetch a new snapshot.
   */
  readonly bit: number;
  readonly collection: Collection;
  /**
   * Any of these scopes shows the unit, as in the REST lists (REST contract 5.4, 6.1, 8.1, 9.1,
   * 10.1, 11). With an empty list, only service credentials see the unit.
   */
  readonly scopes: readonly Scope[];
  /**
   * Whether only viewers who may reach every project see the unit: over REST it needs access to its
   * project (REST contract 3.4).
   */
  readonly needsAllProjects?: true;
}

interface KindFacts {
  readonly schema: z.ZodMiniType<{ id: string }>;
  /** The kinds that the kind's rows refer to. They come before it in the table. */
  readonly parents: readonly string[];
  /** Whether a large organization has so many that they are loaded after all other kinds. */
  readonly isNumerous?: true;
  /**
   * Whether the commands that create records of this kind also save them, because the rows contain
   * more than the records.
   */
  readonly isSavedByCommands?: true;
  /** The fields that name people. `noPerson` if there are none. An erasure replaces no others. */
  readonly persons: PersonFacts;
  /** Whether the import of an exported organization creates the kind's records. */
  readonly isRestored: boolean;
  readonly units: Readonly<Record<string, UnitFacts>>;
}

const readsMembers = ['member:read', 'member:write', 'member:admin'] as const;
const readsProjects = ['org:read', 'org:write', 'org:admin', 'project:read'] as const;
const managesOrganization = ['org:write', 'org:admin'] as const;
const managesIntegrations = [...managesOrganization, 'org:integrations'] as const;
const readsInProjects = ['project:read', 'project:write', 'project:admin'] as const;

/**
 * The kinds of records. Rows are saved in this order and removed in the reverse one. Feeds load
 * them in this order, too.
 */
export const recordKinds = {
  organization: {
    schema: organizationRecordSchema,
    parents: [],
    persons: noPerson,
    isRestored: true,
    units: { organization: { bit: 0, collection: 'organization', scopes: ['org:read', 'org:write', 'org:admin'] } },
  },
  // Invites and requests to join are members without a user.
  member: {
    schema: memberRecordSchema,
    parents: [],
    isNumerous: true,
    persons: {
      people: [
        {
          userIds: ['user.id', 'detachedUser.id'],
          memberIds: ['id'],
          addressWithoutUser: 'email',
          names: ['name', 'user.name', 'detachedUser.name'],
          addresses: ['email', 'user.email', 'user.username'],
        },
        { userIds: ['inviterId'], names: ['inviterName'] },
      ],
    },
    isRestored: true,
    units: {
      member: { bit: 1, collection: 'members', scopes: readsMembers },
      invite: { bit: 2, collection: 'invites', scopes: readsMembers },
      'join-request': { bit: 10, collection: 'invites', scopes: readsMembers },
    },
  },
  team: {
    schema: teamRecordSchema,
    parents: [],
    persons: noPerson,
    isRestored: true,
    units: { team: { bit: 3, collection: 'teams', scopes: ['org:read', 'org:write', 'org:admin', 'team:read'] } },
  },
  project: {
    schema: projectRecordSchema,
    parents: [],
    persons: noPerson,
    isRestored: true,
    units: { project: { bit: 5, collection: 'projects', scopes: readsProjects } },
  },
  'team-member': {
    schema: teamMemberRecordSchema,
    parents: ['team', 'member'],
    isNumerous: true,
    persons: noPerson,
    isRestored: true,
    units: { 'team-member': { bit: 4, collection: 'teams', scopes: ['team:read', 'team:write', 'team:admin'] } },
  },
  'project-team': {
    schema: projectTeamRecordSchema,
    parents: ['project', 'team'],
    persons: noPerson,
    isRestored: true,
    units: { 'project-team': { bit: 6, collection: 'projects', scopes: readsProjects } },
  },
  'project-key': {
    schema: projectKeyRecordSchema,
    parents: ['project'],
    persons: noPerson,
    isRestored: true,
    units: { 'project-key': { bit: 9, collection: 'keys', scopes: readsInProjects, needsAllProjects: true } },
  },
  'project-settings': {
    schema: projectSettingsRecordSchema,
    parents: ['project'],
    persons: noPerson,
    isRestored: true,
    units: { 'project-settings': { bit: 12, collection: 'settings', scopes: readsInProjects, needsAllProjects: true } },
  },
  // Only members who manage the organization see its tokens.
  'auth-token': {
    schema: authTokenRecordSchema,
    parents: [],
    isSavedByCommands: true,
    persons: noPerson,
    isRestored: false,
    units: { 'auth-token': { bit: 7, collection: 'tokens', scopes: managesOrganization } },
  },
  'audit-entry': {
    schema: auditEntryRecordSchema,
    parents: [],
    isSavedByCommands: true,
    persons: {
      people: [
        { userIds: ['actor.id'], names: ['actor.name'], cleared: ['ipAddress'] },
        { userIds: ['targetUser.id'], names: ['targetUser.name', 'data.externalName'] },
        // An entry about an invite has no user. Ids are unique among all kinds.
        { memberIds: ['data.id', 'targetObject'] },
      ],
      texts: ['note', 'data'],
    },
    isRestored: false,
    units: { 'audit-entry': { bit: 8, collection: 'audit', scopes: ['org:write'] } },
  },
  // Access to the organization depends on these, so feeds have them before any viewer is admitted.
  'auth-provider': {
    schema: authProviderRecordSchema,
    parents: [],
    persons: noPerson,
    isRestored: false,
    units: { 'auth-provider': { bit: 13, collection: 'security', scopes: managesOrganization } },
  },
  'ip-allow-list': {
    schema: ipAllowListRecordSchema,
    parents: [],
    persons: noPerson,
    isRestored: true,
    units: { 'ip-allow-list': { bit: 14, collection: 'security', scopes: managesOrganization } },
  },
  'verified-domain': {
    schema: verifiedDomainRecordSchema,
    parents: [],
    persons: noPerson,
    isRestored: true,
    units: { 'verified-domain': { bit: 15, collection: 'security', scopes: managesOrganization } },
  },
  retention: {
    schema: retentionRecordSchema,
    parents: [],
    persons: noPerson,
    isRestored: false,
    units: { retention: { bit: 20, collection: 'security', scopes: managesOrganization } },
  },
  // Members who decide only for their own teams would each see something else. They read theirs
  // over REST (docs/adr/0022).
  'access-request': {
    schema: accessRequestRecordSchema,
    parents: ['team', 'member'],
    persons: noPerson,
    isRestored: false,
    units: {
      'access-request': { bit: 11, collection: 'requests', scopes: ['org:write', 'org:admin', 'member:write', 'member:admin'] },
    },
  },
  webhook: {
    schema: webhookRecordSchema,
    parents: [],
    persons: noPerson,
    isRestored: true,
    units: { webhook: { bit: 16, collection: 'outlets', scopes: managesOrganization } },
  },
  integration: {
    schema: integrationRecordSchema,
    parents: [],
    persons: noPerson,
    isRestored: false,
    units: { integration: { bit: 17, collection: 'outlets', scopes: managesIntegrations } },
  },
  'external-user': {
    schema: externalUserRecordSchema,
    parents: ['integration', 'member'],
    persons: { people: [{ memberIds: ['memberId'], names: ['externalName'], cleared: ['externalId'] }] },
    isRestored: false,
    units: { 'external-user': { bit: 18, collection: 'outlets', scopes: managesIntegrations } },
  },
  'external-team': {
    schema: externalTeamRecordSchema,
    parents: ['integration', 'team'],
    persons: noPerson,
    isRestored: false,
    units: { 'external-team': { bit: 19, collection: 'outlets', scopes: managesIntegrations } },
  },
  'external-id': {
    schema: externalIdRecordSchema,
    parents: [],
    isNumerous: true,
    persons: { people: [{ userIds: ['id'], names: ['externalId'] }] },
    isRestored: false,
    units: {
      'user-external-id': { bit: 21, collection: 'members', scopes: [] },
      'organization-external-id': { bit: 22, collection: 'organization', scopes: [] },
    },
  },
} as const satisfies Readonly<Record<string, KindFacts>>;

type RecordKinds = typeof recordKinds;
export type RecordKind = keyof RecordKinds;
export type RecordOfKind = { [Kind in RecordKind]: z.infer<RecordKinds[Kind]['schema']> };
export type Unit = { [Kind in RecordKind]: keyof RecordKinds[Kind]['units'] }[RecordKind];
/** The kinds whose records the import of an exported organization creates. */
export type RestoredKind = { [Kind in RecordKind]: RecordKinds[Kind] extends { isRestored: true } ? Kind : never }[RecordKind];
/** The kinds whose records are stored as rows when changes are saved. */
export type SavedKind = { [Kind in RecordKind]: RecordKinds[Kind] extends { isSavedByCommands: true } ? never : Kind }[RecordKind];
/** The organization itself is one record, and is read with the head. */
export type PagedKind = Exclude<RecordKind, 'organization'>;

/** Parents come before their children. */
export const kindsInOrder = Object.keys(recordKinds) as readonly RecordKind[];

export const savedKinds = kindsInOrder.filter((kind): kind is SavedKind => !factsOf(kind).isSavedByCommands);

export const restoredKinds = kindsInOrder.filter((kind): kind is RestoredKind => factsOf(kind).isRestored);

/** The kinds whose records may name a person. */
export const kindsWithPersons = kindsInOrder.filter((kind) => personFactsOf(kind).people.length > 0);

const pagedKinds = kindsInOrder.filter((kind) => kind !== 'organization');

/**
 * Kinds with few records come first, so that a large organization's teams don't wait for its
 * members.
 */
export const kindsInLoadOrder: readonly PagedKind[] = [
  ...pagedKinds.filter((kind) => !factsOf(kind).isNumerous),
  ...pagedKinds.filter((kind) => factsOf(kind).isNumerous),
];

function factsOf(kind: RecordKind): KindFacts {
  return recordKinds[kind];
}

/** For a kind that this version doesn't know, it names no person. */
export function personFactsOf(kind: string): PersonFacts {
  return Object.hasOwn(recordKinds, kind) ? recordKinds[kind as RecordKind].persons : noPerson;
}

interface UnitOfKind extends UnitFacts {
  readonly kind: RecordKind;
}

const unitsInOrder = kindsInOrder
  .flatMap((kind) => Object.entries(factsOf(kind).units).map(([unit, facts]) => [unit as Unit, { kind, ...facts }] as const))
  .sort(([, a], [, b]) => a.bit - b.bit);

/** The units and their facts, in the order of their bits. */
export const unitFacts = Object.fromEntries(unitsInOrder) as Readonly<Record<Unit, UnitOfKind>>;
export const units = unitsInOrder.map(([unit]) => unit);

/** The unit of a record. For a kind that this version doesn't know, the result is not a unit. */
export function unitOf(kind: string, record: OrgRecord): Unit {
  if (kind === 'external-id') return record.id === organizationSubject ? 'organization-external-id' : 'user-external-id';
  if (kind !== 'member' || record.pending !== true) return kind as Unit;
  return record.inviteStatus === 'requested_to_join' ? 'join-request' : 'invite';
}

/**
 * The collection of a record. A member moves from `invites` to `members` when they accept. Null for
 * kinds that this version doesn't know.
 */
export function collectionOf(kind: string, record: OrgRecord): Collection | null {
  return Object.hasOwn(recordKinds, kind) ? unitFacts[unitOf(kind, record)].collection : null;
}
