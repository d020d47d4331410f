import { OrgError, type TeamRecord, teamMemberId } from '@rollcall/protocol';
import { readTeams } from '../../database/records-read.ts';
import { authorize } from '../../domain/authorize.ts';
import { created } from '../../domain/changes.ts';
import { chooseFreeSlug, generatedSlugLengthMax, slugify } from '../../domain/slugs.ts';
import { randomSlugSuffixes } from '../../runtime/random.ts';
import type { Command } from '../command.ts';
import { loadActorState, takeId } from '../load-state.ts';

export interface CreateTeam {
  readonly name: string | null;
  readonly slug: string | null;
  readonly idpProvisioned: boolean;
}

interface Facts {
  readonly id: string;
  readonly slug: string;
  /** The caller's member, who joins the team they create; null for a caller without one. */
  readonly creatorId: string | null;
}

function alreadyExists(): OrgError {
  const message = 'A team with this slug already exists.';
  return new OrgError('already-exists', message, { body: { non_field_errors: [message], detail: message } });
}

export const createTeam: Command<CreateTeam, Facts, TeamRecord> = {
  name: 'create-team',

  async load(tx, input, { orgId, actor }) {
    const state = await loadActorState(tx, orgId, actor);
    authorize(state, actor, ['org:write', 'org:admin', 'team:write']);
    const creator = actor.kind === 'user' ? state.memberOfUser(actor.userId) : null;
    return { id: await takeId(tx), slug: input.slug ?? (await generateSlug(tx, orgId, input.name!)), creatorId: creator?.id ?? null };
  },

  decide(input, { id, slug, creatorId }, { now }) {
    const team: TeamRecord = { id, slug, name: input.name ?? slug, dateCreated: now, flags: { 'idp:provisioned': input.idpProvisioned } };
    const changes = [created('team', team)];
    if (creatorId !== null) {
      changes.push(created('team-member', { id: teamMemberId(id, creatorId), teamId: id, memberId: creatorId, teamRole: null }));
    }
    return { changes, result: team };
  },

  conflicts: { teams_organization_id_slug_key: alreadyExists },
};

async function generateSlug(tx: Parameters<typeof readTeams>[0], orgId: string, name: string): Promise<string> {
  const wanted = slugify(name).slice(0, generatedSlugLengthMax);
  const suffixes = randomSlugSuffixes();
  const candidates = [wanted, ...suffixes.map((suffix) => `${wanted}-${suffix}`)];
  const taken = new Set((await readTeams(tx, orgId, { slugs: candidates })).map(({ slug }) => slug));
  return chooseFreeSlug(wanted, (slug) => taken.has(slug), suffixes);
}
