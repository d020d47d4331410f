import type { ProjectRecord, TeamRecord } from '@rollcall/client';
import { X } from 'lucide-react';
import { useMemo } from 'react';
import { IconButton } from '../../kit/button.tsx';
import { Select } from '../../kit/field.tsx';
import { useCan, useOrgState } from '../../live/organization.tsx';
import { useAssignments } from '../projects/use-assignments.ts';

/** What a team works on, and what else it could. */
export function TeamProjects({ team }: { readonly team: TeamRecord }) {
  const projects = useOrgState((state) => state.projects);
  const projectTeams = useOrgState((state) => state.projectTeams);
  const { assign, mayAssign } = useAssignments();
  const { own, others } = useMemo(() => {
    const ids = new Set(projectTeams.filter(({ teamId }) => teamId === team.id).map(({ projectId }) => projectId));
    const sorted = projects.toSorted((a, b) => (a.slug < b.slug ? -1 : 1));
    return { own: sorted.filter(({ id }) => ids.has(id)), others: sorted.filter(({ id }) => !ids.has(id)) };
  }, [projects, projectTeams, team.id]);
  const within = others.filter(mayAssign);
  const whyNot =
    others.length === 0 ? 'There is no other project.' : within.length === 0 ? 'You can assign only projects that you can change.' : null;
  return (
    <section aria-label="Projects">
      <h2>Projects</h2>
      {own.length === 0 && <p>No project is assigned to this team.</p>}
      <ul>
        {own.map((project) => (
          <ProjectLine key={project.id} project={project} team={team} />
        ))}
      </ul>
      <Select
        className="panel-add"
        label={`Assign a project to #${team.slug}`}
        value=""
        whyNot={whyNot}
        options={[{ value: '', label: 'Assign a project …' }, ...within.map(({ id, slug }) => ({ value: id, label: slug }))]}
        onValue={(id) => {
          const chosen = within.find((project) => project.id === id);
          if (chosen) void assign(chosen, team);
        }}
      />
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
      <IconButton
        icon={X}
        label={`Take ${project.slug} from #${team.slug}`}
        whyNot={mayUnassign ? null : 'Only those who can change this project, on this team, can do this.'}
        onClick={() => void unassign(project, team)}
      />
    </li>
  );
}
