import type { ExternalTeamRecord, ExternalUserRecord } from '@rollcall/protocol';
import type { externalTeamShape, externalUserShape, ResponseOf } from '@rollcall/protocol/rest/shapes';

/** The REST forms of people and teams at providers (REST contract 13.13). */

function presentActor({ id, provider, externalName, integrationId, externalId }: ExternalUserRecord | ExternalTeamRecord) {
  return { id, provider, externalName, integrationId, ...(externalId !== null && { externalId }) };
}

export function presentExternalUser(record: ExternalUserRecord, userId: string): ResponseOf<typeof externalUserShape> {
  return { ...presentActor(record), userId };
}

export function presentExternalTeam(record: ExternalTeamRecord): ResponseOf<typeof externalTeamShape> {
  return { ...presentActor(record), teamId: record.teamId, ...(record.follows === 'members' && { follows: record.follows }) };
}
