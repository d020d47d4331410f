import { apiLimits, type LogChange, OrgError, type OrgState, type TeamRecord, teamMemberId } from '@rollcall/protocol';
import { readTeams } from '../../../database/records/records-read.ts';
import { memberOfActor } from '../../../domain/actor.ts';
import { teamEvent, teamJoined } from '../../../domain/audit/audit.ts';
import { authorize } from '../../../domain/authorize.ts';
import { created, stateAfter } from '../../../domain/changes.ts';
import { chooseFreeSlug, slugErrors, slugify } from '../../../domain/slugs.ts';
import type { Command } from '../../command.ts';
import { allocateId } from '../../load-state.ts';
import { loadEnteredState } from '../load-by-path.ts';
import { loadSlugFacts, type SlugFacts } from '../slug-facts.ts';

export interface CreateTeam {
  readonly name: string | null;
  /** If null, the slug is derived from the name. */
  readonly slug: string | null;
  readonly idpProvisioned: boolean;
}

interface Facts {
  readonly state: OrgState;
  readonly id: string;
  readonly slugs: SlugFacts;
}

export interface CreatedTeam {
  readonly team: TeamRecord;
  /** The state against which the actor was authorized, with the changes of the command. */
  readonly state: OrgState;
}

export function teamSlugTaken(): OrgError {
  const message = 'A team with this slug already exists.';
  return new OrgError('already-exists', message, { body: { non_field_errors: [message], detail: message } });
}

/** Creates a team. Its creator joins it if they are a member (REST contract 8.1). */
export const createTeam: Command<CreateTeam, Facts, CreatedTeam> = {
  name: 'create-team',

  async load(tx, input, context) {
    const [state, slugs, id] = await Promise.all([
      loadEnteredState(tx, context),
      loadSlugFacts(wantedSlug(input), (taken) => readTeams(tx, context.orgId, { slugs: taken })),
      allocateId(tx),
    ]);
    return { state, slugs, id };
  },

  decide(input, { state, id, slugs }, { actor, now, refuseInvalid }) {
    authorize(state, actor, ['org:write', 'org:admin', 'team:write']);
    refuseInvalid(slugErrors(input.slug));
    if (input.slug === null && input.name === null) {
      const message = 'Name or slug is required';
      throw new OrgError('invalid', message, { body: { non_field_errors: [message] } });
    }
    if (input.slug !== null && slugs.taken.has(input.slug)) throw teamSlugTaken();
    const slug = input.slug ?? chooseFreeSlug(wantedSlug(input), (one) => slugs.taken.has(one), slugs.suffixes);
    const team: TeamRecord = { id, slug, name: input.name ?? slug, dateCreated: now, flags: { 'idp:provisioned': input.idpProvisioned } };
    const changes: LogChange[] = [created('team', team)];
    const audit = [teamEvent('team.create', team, `created team ${slug}`)];
    const creator = memberOfActor(state, actor);
    if (creator) {
      changes.push(created('team-member', { id: teamMemberId(id, creator.id), teamId: id, memberId: creator.id, teamRole: null }));
      audit.push(teamJoined(actor, creator, team));
    }
    return { changes, audit, result: { team, state: stateAfter(state, changes) } };
  },

  conflicts: { teams_organization_id_slug_key: teamSlugTaken },
};

function wantedSlug({ slug, name }: CreateTeam): string {
  return slug ?? slugify(name ?? '').slice(0, apiLimits.generatedSlugLengthMax);
}
