import type { ProjectRecord, TeamRecord } from '@rollcall/client';
import { Combobox } from '@rollcall/react/parts';
import { Eye, X } from 'lucide-react';
import { useMemo, useState } from 'react';
import { Button, IconButton } from '../../kit/button.ts';
import { ConfirmDialog } from '../../kit/confirm.tsx';
import { Dialog } from '../../kit/dialog.ts';
import { ChangedBy } from '../../live/changed-by.tsx';
import { useCommands } from '../../live/commands.tsx';
import { DetailsForm } from '../../live/details-form.tsx';
import { GonePanel, useRemovable } from '../../live/gone-panel.tsx';
import { useCan, useOrganization } from '../../live/organization.tsx';
import { useHighlight } from '../../live/use-highlight.ts';
import { formatDate } from '../../shell/format-time.ts';
import { ProjectKeys } from './project-keys.tsx';
import type { ProjectRow } from './project-rows.ts';
import { useAssignments } from './use-assignments.ts';
import '../../kit/panel.css';

interface ProjectPanelProps {
  readonly id: string;
  /** Null if the project was removed. */
  readonly row: ProjectRow | null;
  readonly allTeams: readonly TeamRecord[];
  onExplain(): void;
  onClose(): void;
}

/** The details of a project, live. */
export function ProjectPanel({ id, row, ...rest }: ProjectPanelProps) {
  const { shown, last, remove } = useRemovable(row, rest.onClose);
  if (shown) return <PresentProject row={shown} whileRemoving={remove} {...rest} />;
  return <GonePanel noun="project" recordKey={`project:${id}`} name={last?.project.slug ?? null} onClose={rest.onClose} />;
}

const fields = [
  { key: 'name', label: 'Name' },
  { key: 'slug', label: 'Slug', hint: 'Used in URLs. The old URL will redirect here.' },
  { key: 'platform', label: 'Platform', hint: 'Optional, e.g. javascript, python or node.' },
];

function valuesOf({ name, slug, platform }: ProjectRecord) {
  return { name, slug, platform: platform ?? '' };
}

interface PresentProjectProps extends Omit<ProjectPanelProps, 'id'> {
  readonly row: ProjectRow;
  /** Sends the removal and closes the panel afterwards. */
  whileRemoving(send: () => Promise<unknown>): Promise<void>;
}

function PresentProject({ row: { project, teams }, allTeams, onExplain, whileRemoving, onClose }: PresentProjectProps) {
  const org = useOrganization();
  const highlight = useHighlight(`project:${project.id}`);
  const on = { projectId: project.id };
  const { allowed: canRead } = useCan(['project:read', 'project:write', 'project:admin'], on);
  const { allowed: canWrite } = useCan(['project:write', 'project:admin'], on);
  const { allowed: canAdmin } = useCan('project:admin', on);
  const whyNotChange = canWrite ? null : 'Only admins of its teams, managers and owners can change this project.';
  return (
    <Dialog title={project.slug} isPanel onClose={onClose}>
      <div className="panel">
        <div className="panel-lead">
          Created {formatDate(project.dateCreated)}
          <ChangedBy highlight={highlight} />
          <Button isSmall icon={Eye} onClick={onExplain}>
            Check access
          </Button>
        </div>
        <section aria-label="Details">
          <DetailsForm
            name={project.slug}
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
        <ProjectTeams project={project} teams={teams} allTeams={allTeams} canWrite={canWrite} />
        {canRead ? (
          <ProjectKeys project={project} canWrite={canWrite} />
        ) : (
          <section aria-label="Client keys">
            <h2>Client keys</h2>
            <p>Only people with access to this project can see its keys.</p>
          </section>
        )}
        {canAdmin && (
          <section aria-label="Remove">
            <RemoveProject project={project} whileRemoving={whileRemoving} />
          </section>
        )}
      </div>
    </Dialog>
  );
}

interface ProjectTeamsProps {
  readonly project: ProjectRecord;
  readonly teams: readonly TeamRecord[];
  readonly allTeams: readonly TeamRecord[];
  readonly canWrite: boolean;
}

function ProjectTeams({ project, teams, allTeams, canWrite }: ProjectTeamsProps) {
  const { assign, unassign } = useAssignments();
  const others = useMemo(() => allTeams.filter(({ id }) => teams.every((team) => team.id !== id)), [allTeams, teams]);
  const options = useMemo(() => others.map(({ id, slug }) => ({ value: id, label: `#${slug}` })), [others]);
  return (
    <section aria-label="Teams">
      <h2>Teams</h2>
      {teams.length === 0 && <p>No teams yet. Only managers and owners have access, unless open membership is on.</p>}
      <ul>
        {teams.map((team) => (
          <TeamLine key={team.id} project={project} team={team} canWrite={canWrite} onRemove={() => void unassign(project, team)} />
        ))}
      </ul>
      {canWrite && others.length > 0 && (
        <Combobox
          className="panel-add"
          label={`Assign a team to ${project.slug}`}
          placeholder="Assign a team"
          value=""
          options={options}
          onValue={(id) => {
            const chosen = others.find((team) => team.id === id);
            if (chosen) void assign(project, chosen);
          }}
        />
      )}
    </section>
  );
}

interface TeamLineProps {
  readonly project: ProjectRecord;
  readonly team: TeamRecord;
  readonly canWrite: boolean;
  onRemove(): void;
}

function TeamLine({ project, team, canWrite, onRemove }: TeamLineProps) {
  const { allowed: canWriteOnTeam } = useCan('project:write', { teamId: team.id });
  return (
    <li className="panel-line">
      <span>#{team.slug}</span>
      {canWrite && canWriteOnTeam && <IconButton icon={X} label={`Unassign ${project.slug} from #${team.slug}`} onClick={onRemove} />}
    </li>
  );
}

function RemoveProject({ project, whileRemoving }: { readonly project: ProjectRecord } & Pick<PresentProjectProps, 'whileRemoving'>) {
  const org = useOrganization();
  const { run } = useCommands();
  const [isConfirming, setConfirming] = useState(false);
  const remove = () =>
    whileRemoving(() =>
      run({ send: () => org.removeProject(project.slug), keys: [`project:${project.id}`], done: `Removed ${project.slug}` }),
    );
  return (
    <>
      <Button className="panel-danger" onClick={() => setConfirming(true)}>
        Remove project
      </Button>
      {isConfirming && (
        <ConfirmDialog
          title={`Remove ${project.slug}?`}
          action="Remove project"
          typed={project.slug}
          onConfirm={remove}
          onClose={() => setConfirming(false)}
        >
          Its keys stop working immediately. This can’t be undone.
        </ConfirmDialog>
      )}
    </>
  );
}
