import {
  type ExternalUserRecord,
  type IntegrationProvider,
  isDirectoryProvider,
  type MemberRecord,
  OrgError,
  type OrgState,
} from '@rollcall/protocol';
import { readExternalUser, readExternalUsersOf, readIntegration } from '../../../database/outlets/mappings.ts';
import { readMembers } from '../../../database/records/records-read.ts';
import { authorize, authorizeEntry, isAuthorized, notFound } from '../../../domain/authorize.ts';
import { created, updated } from '../../../domain/changes.ts';
import type { Command } from '../../../write-path/command.ts';
import { allocateId, loadActorState } from '../../../write-path/load-state.ts';
import { requestIdentification, requestSync } from '../database/directory-reads.ts';
import { comparableName } from '../domain/followed-team.ts';
import { isOwnSession, isUnknownIntegration, mappingEvent } from '../domain/integrations.ts';

export interface MapExternalUser {
  /** The mapping to change. Null for a new one. */
  readonly mappingId: string | null;
  readonly integrationId: string | null;
  readonly provider: IntegrationProvider | null;
  /** The user of the member to map. Null keeps the member. */
  readonly userId: string | null;
  readonly externalName: string | null;
  /** Absent keeps it. */
  readonly externalId?: string | null;
  /** The provider confirmed that the actor is the person with this id and name. */
  readonly isConfirmed: boolean;
}

interface Facts {
  readonly state: OrgState;
  readonly mapping: ExternalUserRecord | null;
  readonly integration: Awaited<ReturnType<typeof readIntegration>>;
  /** The mappings of the integration. */
  readonly others: readonly ExternalUserRecord[];
  /** The current member of the mapping, and the member that the command maps instead. */
  readonly members: readonly MemberRecord[];
  readonly id: string;
}

/**
 * Maps a person at a provider to a member (REST contract 13.13). What the person does there counts
 * as the member's request. So only the members themselves, in a session, and owners may map them.
 * Members map themselves to one person per integration, or to any that the provider confirmed.
 * The people of a directory are mapped by owners, or by members whom the provider confirmed to be
 * that person. A member could otherwise join a followed team as another person.
 */
export const mapExternalUser: Command<MapExternalUser, Facts, ExternalUserRecord> = {
  name: 'map-external-user',

  async load(tx, { mappingId, integrationId, userId }, { orgId, actor }) {
    const [state, mapping, id] = await Promise.all([
      loadActorState(tx, orgId, actor),
      mappingId === null ? null : readExternalUser(tx, orgId, mappingId),
      allocateId(tx),
    ]);
    const wanted = integrationId ?? mapping?.integrationId ?? null;
    const [integration, others, named, mapped] = await Promise.all([
      wanted === null ? null : readIntegration(tx, orgId, wanted),
      readExternalUsersOf(tx, orgId, { memberIds: [], integrationIds: wanted === null ? [] : [wanted] }),
      userId === null ? [] : readMembers(tx, orgId, { userIds: [userId] }),
      mapping === null ? [] : readMembers(tx, orgId, { ids: [mapping.memberId] }),
    ]);
    return { state, mapping, integration, others, members: [...mapped, ...named], id };
  },

  decide(input, facts, { actor, refuseInvalid }) {
    const { state, mapping: given, integration, others, members, id } = facts;
    authorizeEntry(state, actor);
    if (input.mappingId !== null && !given) throw notFound();
    const isOfDirectory = [given, integration].some((one) => one && isDirectoryProvider(one.provider));
    const mustBeConfirmed = isOfDirectory && !input.isConfirmed;
    for (const member of members) if (mustBeConfirmed || !isOwnSession(actor, member)) authorize(state, actor, 'org:admin');
    const member = members.at(-1);
    if (!member) authorize(state, actor, 'org:admin');
    refuseInvalid(
      isUnknownIntegration(input, integration) ? { integrationId: ['This integration does not exist.'] } : {},
      input.userId !== null && member?.user?.id !== input.userId ? { userId: ['This user is not a member.'] } : {},
    );
    const mapping = given ?? (input.isConfirmed ? mappingOfPerson(others, input, member!) : null);
    // A person's id means nothing at another provider.
    const keptId = mapping?.integrationId === integration!.id ? mapping.externalId : null;
    const record: ExternalUserRecord = {
      id: mapping?.id ?? id,
      provider: integration!.provider,
      integrationId: integration!.id,
      memberId: member!.id,
      externalName: input.externalName ?? mapping!.externalName,
      externalId: input.externalId === undefined ? keptId : input.externalId,
    };
    const isMoved = mapping?.integrationId !== record.integrationId || mapping.memberId !== record.memberId;
    const hasAnother = others.some((other) => other.id !== record.id && other.memberId === record.memberId);
    if (others.some((other) => other.id !== record.id && isSamePerson(other, record))) throw alreadyMapped();
    if (isMoved && hasAnother && !input.isConfirmed && !isAuthorized(state, actor, 'org:admin')) throw hasMapping();
    const changes = mapping ? updated('external-user', mapping, record) : [created('external-user', record)];
    return { changes, audit: changes.length === 0 ? [] : [mappingEvent(integration!, member!, record, 'mapped')], result: record };
  },

  async persistSideEffects(tx, { result: { integrationId, externalId } }, { orgId }) {
    if (externalId === null) await requestIdentification(tx, orgId, integrationId);
    else await requestSync(tx, orgId, integrationId);
  },

  conflicts: { external_users_name_key: alreadyMapped },
};

/**
 * The mapping between the member and a person whom the provider confirmed. A mapping that an owner
 * made by name has no id yet, so it is found by the name, and gets the id.
 */
function mappingOfPerson(
  mappings: readonly ExternalUserRecord[],
  { externalId, externalName }: MapExternalUser,
  member: MemberRecord,
): ExternalUserRecord | null {
  const isPerson = (mapping: ExternalUserRecord) =>
    mapping.externalId === null
      ? comparableName(mapping.externalName) === comparableName(externalName ?? '')
      : mapping.externalId === externalId;
  return mappings.find((mapping) => mapping.memberId === member.id && isPerson(mapping)) ?? null;
}

/** Another person may use the name at the provider later, so ids are compared if both have one. */
function isSamePerson(a: ExternalUserRecord, b: ExternalUserRecord): boolean {
  if (a.externalId !== null && b.externalId !== null) return a.externalId === b.externalId;
  return a.externalName === b.externalName;
}

/** A member could otherwise take the ids of other people at the provider. */
function hasMapping(): OrgError {
  return new OrgError('invalid', 'You are already mapped to a person in this integration. Change or remove that mapping.');
}

function alreadyMapped(): OrgError {
  return new OrgError('already-exists', 'This person is already mapped to a member.');
}
