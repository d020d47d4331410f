import type { NewTeam, TeamRecord } from '@rollcall/client';
import { useMemo, useState } from 'react';
import { useToasts } from '../../kit/toast-context.ts';
import { useCommands } from '../../live/commands.tsx';
import { useOrganization } from '../../live/organization.tsx';

/**
 * Actions on teams. Errors are shown, except those of `create`, which its dialog shows. After an
 * error, only `create` and `remove` reject.
 */
export interface TeamActions {
  create(team: NewTeam): Promise<unknown>;
  join(team: TeamRecord): Promise<unknown>;
  leave(team: TeamRecord): Promise<unknown>;
  remove(team: TeamRecord): Promise<unknown>;
  decide(request: { readonly id: string; readonly what: string; readonly keys: readonly string[] }, isApproved: boolean): Promise<unknown>;
}

const ignore = () => {};

/**
 * The actions, and the ids of teams that the user requested to join since the page was opened. The
 * API does not list a user's own requests.
 */
export function useTeamActions() {
  const org = useOrganization();
  const toasts = useToasts();
  const { run } = useCommands();
  const [requestedIds, setRequestedIds] = useState<ReadonlySet<string>>(new Set());

  const actions = useMemo<TeamActions>(() => {
    const keysOf = ({ id }: TeamRecord) => [`team:${id}`];
    return {
      create: (team) =>
        run({ send: () => org.createTeam(team), keys: [], done: ({ slug }) => `Created #${slug}`, showsRefusal: () => true }),
      join: (team) =>
        run({ send: () => org.joinTeam(team.slug), keys: keysOf(team) })
          .then(({ status }) => {
            const isRequested = status === 202;
            if (isRequested) setRequestedIds((before) => new Set([...before, team.id]));
            toasts.show({
              text: isRequested ? `Request sent. A team admin, manager or owner can approve it.` : `You joined #${team.slug}`,
            });
          })
          .catch(ignore),
      leave: (team) => run({ send: () => org.leaveTeam(team.slug), keys: keysOf(team), done: `You left #${team.slug}` }).catch(ignore),
      remove: (team) => run({ send: () => org.removeTeam(team.slug), keys: keysOf(team), done: `Removed #${team.slug}` }),
      decide: ({ id, what, keys }, isApproved) =>
        run({
          send: () => org.decideAccessRequest(id, isApproved),
          keys,
          done: `${isApproved ? 'Approved' : 'Denied'} ${what}`,
        }).catch(ignore),
    };
  }, [org, run, toasts]);

  return { actions, requestedIds };
}
