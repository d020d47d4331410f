import type { ProjectRecord, TeamRecord } from '@rollcall/client';
import { Combobox } from '@rollcall/react/parts';
import { X } from 'lucide-react';
import { useMemo } from 'react';
import { IconButton } from '../../kit/button.ts';
import { useCan, useOrgState } from '../../live/organization.tsx';
import { useAssignments } from '../projects/use-assignments.ts';

/** The projects of a team, and a field to assign more. */
export function TeamProjects({ team }: { readonly team: TeamRecord }) {
  const projects = useOrgState((state) => state.projects);
  const projectTeams = useOrgState((state) => state.projectTeams);
  const { assign, mayAssign } = useAssignments();
  const { own, others } = useMemo(() => {
    const ids = new Set(projectTeams.filter(({ teamId }) => teamId === team.id).map(({ projectId }) => projectId));
    const sorted = projects.toSorted((a, b) => (a.slug < b.slug ? -1 : 1));
    return { own: sorted.filter(({ id }) => ids.has(id)), others: sorted.filter(({ id }) => !ids.has(id)) };
  }, [projects, projectTeams, team.id]);
  const within = useMemo(() => others.filter(mayAssign), [others, mayAssign]);
  const options = useMemo(
    () => within.map(({ id, slug, name }) => ({ value: id, label: slug, detail: name === slug ? undefined : name })),
    [within],
  );
  return (
    <section aria-label="Projects">
      <h2>Projects</h2>
      {own.length === 0 && <p>No projects yet.</p>}
      <ul>
        {own.map((project) => (
          <ProjectLine key={project.id} project={project} team={team} />
        ))}
      </ul>
      {within.length > 0 && (
        <Combobox
          className="panel-add"
          label={`Assign a project to #${team.slug}`}
          placeholder="Assign a project"
          value=""
          options={options}
          onValue={(id) => {
            const chosen = within.find((project) => project.id === id);
            if (chosen) void assign(chosen, team);
          }}
        />
      )}
    </section>
  );
}

function ProjectLine({ project, team }: { readonly project: ProjectRecord; readonly team: TeamRecord }) {
  const { unassign } = useAssignments();
  const { allowed: canWriteProject } = useCan(['project:write', 'project:admin'], { projectId: project.id });
  const { allowed: canWriteTeam } = useCan('project:write', { teamId: team.id });
  const mayUnassign = canWriteProject && canWriteTeam;
  return (
    <li className="panel-line">
      <span>
        {project.slug}
        {project.name !== project.slug && <small>{project.name}</small>}
      </span>
      {mayUnassign && (
        <IconButton icon={X} label={`Unassign ${project.slug} from #${team.slug}`} onClick={() => void unassign(project, team)} />
      )}
    </li>
  );
}
