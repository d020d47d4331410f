import type { OrgState, TeamRecord } from '@rollcall/protocol';
import { readTeams } from '../../../database/records/records-read.ts';
import type { TeamFacts } from '../../../database/teams/team-facts.ts';
import { teamEvent } from '../../../domain/audit/audit.ts';
import { authorize } from '../../../domain/authorize.ts';
import { updated } from '../../../domain/changes.ts';
import type { FieldErrors } from '../../../domain/field-errors.ts';
import { slugErrors } from '../../../domain/slugs.ts';
import { refuseProvisionedTeam } from '../../../domain/teams/team-refusals.ts';
import type { Command } from '../../command.ts';
import { loadStateWithTeam } from '../load-by-path.ts';

export interface UpdateTeam {
  /** Id or slug. */
  readonly team: string;
  readonly slug?: string | undefined;
  readonly name?: string | undefined;
}

interface Facts {
  readonly state: OrgState;
  readonly team: TeamRecord;
  readonly teamFacts: TeamFacts;
  /** The team that has the requested slug. It may be this team. */
  readonly slugOwnerId: string | null;
}

export function slugInUse(slug: string): FieldErrors {
  return { slug: [`The slug "${slug}" is already in use.`] };
}

export interface UpdatedTeam {
  readonly team: TeamRecord;
  /**
   * The state against which the actor was authorized. The command changes neither it nor the facts,
   * so the response need not read them again.
   */
  readonly state: OrgState;
  readonly teamFacts: TeamFacts;
}

/** Renames a team (REST contract 8.1). */
export const updateTeam: Command<UpdateTeam, Facts, UpdatedTeam> = {
  name: 'update-team',

  async load(tx, input, context) {
    const [found, [owner]] = await Promise.all([
      loadStateWithTeam(tx, context, input.team),
      input.slug === undefined ? [] : readTeams(tx, context.orgId, { slugs: [input.slug] }),
    ]);
    return { slugOwnerId: owner?.id ?? null, ...found };
  },

  decide(input, { state, team, teamFacts, slugOwnerId }, { actor, refuseInvalid }) {
    authorize(state, actor, ['team:write', 'team:admin'], { teamId: team.id });
    refuseProvisionedTeam(team);
    const isTaken = slugOwnerId !== null && slugOwnerId !== team.id;
    refuseInvalid(slugErrors(input.slug), isTaken ? slugInUse(input.slug!) : {});
    const after: TeamRecord = { ...team, slug: input.slug ?? team.slug, name: input.name ?? team.name };
    const changes = updated('team', team, after);
    return {
      changes,
      audit: changes.map(() => teamEvent('team.edit', after, `edited team ${after.slug}`)),
      result: { team: after, state, teamFacts },
    };
  },
};
