import type { ProjectRecord, TeamRecord } from '@rollcall/client';
import { useMemo } from 'react';
import { useCommands } from '../../live/commands.tsx';
import { useOrganization, useOrgState } from '../../live/organization.tsx';
import { useSession } from '../../session/session.tsx';

const ignore = () => {};

/** Assigns projects to teams. Errors are shown. */
export function useAssignments() {
  const org = useOrganization();
  const { me } = useSession();
  const { run } = useCommands();
  // `org.can` depends on the whole state.
  const state = useOrgState((whole) => whole);
  return useMemo(() => {
    const keysOf = (project: ProjectRecord, team: TeamRecord) => [`project:${project.id}`, `team:${team.id}`];
    return {
      mayAssign: ({ id }: ProjectRecord) =>
        state.revision !== null && org.can({ userId: me.id }, ['project:write', 'project:admin'], { projectId: id }).allowed,
      assign: (project: ProjectRecord, team: TeamRecord) =>
        run({
          send: () => org.assignProject(project.slug, team.slug),
          keys: keysOf(project, team),
          done: `Assigned ${project.slug} to #${team.slug}`,
        }).catch(ignore),
      unassign: (project: ProjectRecord, team: TeamRecord) =>
        run({
          send: () => org.unassignProject(project.slug, team.slug),
          keys: keysOf(project, team),
          done: `Unassigned ${project.slug} from #${team.slug}`,
        }).catch(ignore),
    };
  }, [org, me.id, run, state]);
}
