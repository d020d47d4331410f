import type { ProjectRecord, TeamRecord } from '@rollcall/client';
import { Eye, X } from 'lucide-react';
import { useState } from 'react';
import { Button, IconButton } from '../../kit/button.tsx';
import { ConfirmDialog } from '../../kit/confirm.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { Select } from '../../kit/field.tsx';
import { ChangedBy } from '../../live/changed-by.tsx';
import { useCommands } from '../../live/commands.tsx';
import { DetailsForm } from '../../live/details-form.tsx';
import { useCan, useOrganization } from '../../live/organization.tsx';
import { useHighlight } from '../../live/use-highlight.ts';
import { sayDate } from '../../shell/time-words.ts';
import { ProjectKeys } from './project-keys.tsx';
import type { ProjectRow } from './project-rows.ts';
import { useAssignments } from './use-assignments.ts';
import '../../kit/panel.css';

interface ProjectPanelProps {
  /** Null once it is gone. */
  readonly row: ProjectRow | null;
  readonly allTeams: readonly TeamRecord[];
  onExplain(): void;
  onClose(): void;
}

/** All there is to know of a project, kept current while it is read. */
export function ProjectPanel({ row, ...rest }: ProjectPanelProps) {
  if (row) return <PresentProject key={row.id} row={row} {...rest} />;
  return (
    <Dialog title="No such project" isPanel onClose={rest.onClose}>
      <p>It was removed, or was never here.</p>
    </Dialog>
  );
}

const fields = [
  { key: 'name', label: 'Name' },
  { key: 'slug', label: 'Slug', hint: 'What it is called in addresses. The old one leads here afterwards.' },
  { key: 'platform', label: 'Platform', hint: 'Such as javascript, python or node. May stay empty.' },
];

function valuesOf({ name, slug, platform }: ProjectRecord) {
  return { name, slug, platform: platform ?? '' };
}

function PresentProject({ row: { project, teams }, allTeams, onExplain, onClose }: ProjectPanelProps & { readonly row: ProjectRow }) {
  const org = useOrganization();
  const highlight = useHighlight(`project:${project.id}`);
  const on = { projectId: project.id };
  const { allowed: canRead } = useCan(['project:read', 'project:write', 'project:admin'], on);
  const { allowed: canWrite } = useCan(['project:write', 'project:admin'], on);
  const { allowed: canAdmin } = useCan('project:admin', on);
  const whyNotChange = canWrite ? null : 'Only an admin of one of its teams, a manager or an owner can change this.';
  return (
    <Dialog title={project.slug} isPanel onClose={onClose}>
      <div className="panel">
        <div className="panel-lead">
          Since {sayDate(project.dateCreated)}
          <ChangedBy highlight={highlight} />
          <Button isSmall icon={Eye} onClick={onExplain}>
            Who can see it?
          </Button>
        </div>
        <section aria-label="Details">
          <DetailsForm
            what={`The details of ${project.slug}`}
            fields={fields}
            values={valuesOf(project)}
            whyNot={whyNotChange}
            keys={[`project:${project.id}`]}
            read={() => {
              const now = org.state.projects.find(({ id }) => id === project.id);
              return now ? valuesOf(now) : null;
            }}
            save={(changes, options) => org.updateProject(project.slug, changes, options)}
          />
        </section>
        <ProjectTeams project={project} teams={teams} allTeams={allTeams} whyNotChange={whyNotChange} />
        {canRead ? (
          <ProjectKeys project={project} whyNotChange={whyNotChange} />
        ) : (
          <section aria-label="Client keys">
            <h2>Client keys</h2>
            <p>They are shown to those who reach this project.</p>
          </section>
        )}
        <section aria-label="Remove">
          <RemoveProject
            project={project}
            whyNot={canAdmin ? null : 'Only an admin of one of its teams, a manager or an owner can remove it.'}
          />
        </section>
      </div>
    </Dialog>
  );
}

interface ProjectTeamsProps {
  readonly project: ProjectRecord;
  readonly teams: readonly TeamRecord[];
  readonly allTeams: readonly TeamRecord[];
  readonly whyNotChange: string | null;
}

function ProjectTeams({ project, teams, allTeams, whyNotChange }: ProjectTeamsProps) {
  const { assign, unassign } = useAssignments();
  const others = allTeams.filter(({ id }) => teams.every((team) => team.id !== id));
  return (
    <section aria-label="Teams">
      <h2>Teams</h2>
      {teams.length === 0 && <p>No team works on it: only managers and owners reach it, unless open membership is on.</p>}
      <ul>
        {teams.map((team) => (
          <TeamLine key={team.id} project={project} team={team} whyNotChange={whyNotChange} onRemove={() => void unassign(project, team)} />
        ))}
      </ul>
      <Select
        className="panel-add"
        label={`Assign a team to ${project.slug}`}
        value=""
        whyNot={whyNotChange ?? (others.length === 0 ? 'Every team works on it already.' : null)}
        options={[{ value: '', label: 'Assign a team …' }, ...others.map(({ id, slug }) => ({ value: id, label: `#${slug}` }))]}
        onValue={(id) => {
          const chosen = others.find((team) => team.id === id);
          if (chosen) void assign(project, chosen);
        }}
      />
    </section>
  );
}

interface TeamLineProps {
  readonly project: ProjectRecord;
  readonly team: TeamRecord;
  readonly whyNotChange: string | null;
  onRemove(): void;
}

function TeamLine({ project, team, whyNotChange, onRemove }: TeamLineProps) {
  const { allowed: canWriteOnTeam } = useCan('project:write', { teamId: team.id });
  return (
    <li className="panel-line">
      <span>#{team.slug}</span>
      <IconButton
        icon={X}
        label={`Take ${project.slug} from #${team.slug}`}
        whyNot={whyNotChange ?? (canWriteOnTeam ? null : `Only those who can change projects of #${team.slug} can do this.`)}
        onClick={onRemove}
      />
    </li>
  );
}

function RemoveProject({ project, whyNot }: { readonly project: ProjectRecord; readonly whyNot: string | null }) {
  const org = useOrganization();
  const { run } = useCommands();
  const [isAsking, setAsking] = useState(false);
  const remove = () =>
    run({ send: () => org.removeProject(project.slug), keys: [`project:${project.id}`], done: `${project.slug} was removed` });
  return (
    <>
      <Button className="panel-danger" whyNot={whyNot} onClick={() => setAsking(true)}>
        Remove project
      </Button>
      {isAsking && (
        <ConfirmDialog
          title={`Remove ${project.slug}?`}
          action="Remove project"
          typed={project.slug}
          onConfirm={remove}
          onClose={() => setAsking(false)}
        >
          Its keys stop working at once. It cannot be taken back.
        </ConfirmDialog>
      )}
    </>
  );
}
