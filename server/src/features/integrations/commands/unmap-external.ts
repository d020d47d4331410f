import {
  definitionOf,
  type ExternalTeamRecord,
  type ExternalUserRecord,
  type IntegrationRecord,
  type MemberRecord,
  type OrgState,
} from '@rollcall/protocol';
import { readExternalTeam, readExternalUser, readIntegration } from '../../../database/outlets/mappings.ts';
import { readMembers, readTeams } from '../../../database/records/records-read.ts';
import { authorize, authorizeEntry, notFound } from '../../../domain/authorize.ts';
import { removed } from '../../../domain/changes.ts';
import type { Command } from '../../../write-path/command.ts';
import { loadActorState } from '../../../write-path/load-state.ts';
import { requestSync } from '../database/directory-reads.ts';
import { integrationEvent, isOwnSession, managesIntegrations, mappingEvent, removesMembers } from '../domain/integrations.ts';

export type UnmapExternal =
  | { readonly kind: 'external-user'; readonly mappingId: string }
  /** @param team id or slug of the team that the path names */
  | { readonly kind: 'external-team'; readonly mappingId: string; readonly team: string };

interface Facts {
  readonly state: OrgState;
  readonly user: ExternalUserRecord | null;
  readonly team: ExternalTeamRecord | null;
  readonly integration: IntegrationRecord | null;
  readonly member: MemberRecord | null;
}

/**
 * Removes a mapping (REST contract 13.13). Members may remove their own, unless it decides whether
 * they are removed when they leave the provider.
 */
export const unmapExternal: Command<UnmapExternal, Facts, null> = {
  name: 'unmap-external',

  async load(tx, input, { orgId, actor }) {
    const [state, user, foundTeam] = await Promise.all([
      loadActorState(tx, orgId, actor),
      input.kind === 'external-user' ? readExternalUser(tx, orgId, input.mappingId) : null,
      input.kind === 'external-team' ? readExternalTeam(tx, orgId, input.mappingId) : null,
    ]);
    const [named] = foundTeam === null ? [] : await readTeams(tx, orgId, { ids: [foundTeam.teamId] });
    const team = input.kind === 'external-team' && (named?.id === input.team || named?.slug === input.team) ? foundTeam : null;
    const integrationId = (user ?? team)?.integrationId;
    return {
      state,
      user,
      team,
      integration: integrationId === undefined ? null : await readIntegration(tx, orgId, integrationId),
      member: user === null ? null : ((await readMembers(tx, orgId, { ids: [user.memberId] }))[0] ?? null),
    };
  },

  decide(_input, { state, user, team, integration, member }, { actor }) {
    authorizeEntry(state, actor);
    const isOwn = member !== null && isOwnSession(actor, member);
    if (!isOwn || (integration && removesMembers(integration))) authorize(state, actor, managesIntegrations);
    const mapping = user ?? team;
    if (!mapping || !integration) throw notFound();
    if (user) {
      const audit = [mappingEvent(integration, member, user, 'removed the mapping of')];
      return { changes: [removed('external-user', user)], audit, result: null };
    }
    const note = `removed the mapping of ${mapping.externalName} of ${definitionOf(mapping.provider).name}`;
    const audit = [integrationEvent('integration.edit', integration, note)];
    return { changes: [removed('external-team', team!)], audit, result: null };
  },

  async persistSideEffects(tx, _decision, { orgId }, { user }) {
    if (user) await requestSync(tx, orgId, user.integrationId);
  },
};
