import type { TeamRecord } from '@rollcall/client';
import { useState } from 'react';
import { Button } from '../../kit/button.ts';
import { ConfirmDialog } from '../../kit/confirm.tsx';
import { Dialog } from '../../kit/dialog.ts';
import { ChangedBy } from '../../live/changed-by.tsx';
import { DetailsForm } from '../../live/details-form.tsx';
import { GonePanel, useRemovable } from '../../live/gone-panel.tsx';
import { useCan, useOrganization } from '../../live/organization.tsx';
import { useHighlight } from '../../live/use-highlight.ts';
import { formatDate } from '../../shell/format-time.ts';
import type { MemberViewer } from '../members/member-permissions.ts';
import { TeamPeople } from './team-people.tsx';
import { TeamProjects } from './team-projects.tsx';
import { MembershipButton } from './team-row.tsx';
import type { TeamRow } from './team-rows.ts';
import type { TeamActions } from './use-team-actions.ts';
import '../../kit/panel.css';

interface TeamPanelProps {
  readonly id: string;
  /** Null if the team was removed. */
  readonly row: TeamRow | null;
  readonly isRequested: boolean;
  readonly viewer: MemberViewer;
  readonly actions: TeamActions;
  onClose(): void;
}

/** The details of a team, live. */
export function TeamPanel({ id, row, ...rest }: TeamPanelProps) {
  const { shown, last, remove } = useRemovable(row, rest.onClose);
  if (shown) return <PresentTeam row={shown} onRemove={() => remove(() => rest.actions.remove(shown.team))} {...rest} />;
  return <GonePanel noun="team" recordKey={`team:${id}`} name={last && `#${last.team.slug}`} onClose={rest.onClose} />;
}

const provisioned = 'This is managed by your organization’s identity provider.';

function valuesOf({ name, slug }: TeamRecord) {
  return { name, slug };
}

interface PresentTeamProps extends Omit<TeamPanelProps, 'id'> {
  readonly row: TeamRow;
  onRemove(): Promise<unknown>;
}

function PresentTeam({ row, isRequested, viewer, actions, onRemove, onClose }: PresentTeamProps) {
  const { team } = row;
  const org = useOrganization();
  const highlight = useHighlight(`team:${team.id}`);
  const { allowed: canWrite } = useCan(['team:write', 'team:admin'], { teamId: team.id });
  const { allowed: canAdmin } = useCan('team:admin', { teamId: team.id });
  const managed = team.flags['idp:provisioned'] ? provisioned : null;
  return (
    <Dialog title={`#${team.slug}`} isPanel onClose={onClose}>
      <div className="panel">
        <div className="panel-lead">
          Created {formatDate(team.dateCreated)}
          <ChangedBy highlight={highlight} />
          <MembershipButton row={row} isRequested={isRequested} viewer={viewer} actions={actions} />
        </div>
        <section aria-label="Details">
          <DetailsForm
            name={`#${team.slug}`}
            fields={[
              { key: 'name', label: 'Name' },
              { key: 'slug', label: 'Slug', hint: 'Used in URLs.' },
            ]}
            values={valuesOf(team)}
            whyNot={managed ?? (canWrite ? null : 'Only admins of this team, managers and owners can change it.')}
            keys={[`team:${team.id}`]}
            read={() => {
              const now = org.state.teams.find(({ id }) => id === team.id);
              return now ? valuesOf(now) : null;
            }}
            save={(changes, options) => org.updateTeam(team.id, changes, options)}
          />
        </section>
        <TeamPeople team={team} viewer={viewer} />
        <TeamProjects team={team} />
        {canAdmin && managed === null && (
          <section aria-label="Remove">
            <RemoveTeam team={team} onRemove={onRemove} />
          </section>
        )}
      </div>
    </Dialog>
  );
}

interface RemoveTeamProps {
  readonly team: TeamRecord;
  onRemove(): Promise<unknown>;
}

function RemoveTeam({ team, onRemove }: RemoveTeamProps) {
  const [isConfirming, setConfirming] = useState(false);
  return (
    <>
      <Button className="panel-danger" onClick={() => setConfirming(true)}>
        Remove team
      </Button>
      {isConfirming && (
        <ConfirmDialog
          title={`Remove #${team.slug}?`}
          action="Remove team"
          typed={team.slug}
          onConfirm={onRemove}
          onClose={() => setConfirming(false)}
        >
          Members lose any access they have only through this team. Its projects stay. This can’t be undone.
        </ConfirmDialog>
      )}
    </>
  );
}
