import type { TeamRecord } from '@rollcall/client';
import { useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { ConfirmDialog } from '../../kit/confirm.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { ChangedBy } from '../../live/changed-by.tsx';
import { DetailsForm } from '../../live/details-form.tsx';
import { useCan, useOrganization } from '../../live/organization.tsx';
import { useHighlight } from '../../live/use-highlight.ts';
import { sayDate } from '../../shell/time-words.ts';
import type { Viewer } from '../members/member-powers.ts';
import { TeamPeople } from './team-people.tsx';
import { TeamProjects } from './team-projects.tsx';
import { PlaceButton } from './team-row.tsx';
import type { TeamRow } from './team-rows.ts';
import type { TeamActions } from './use-team-actions.ts';
import '../../kit/panel.css';

interface TeamPanelProps {
  /** Null once it is gone. */
  readonly row: TeamRow | null;
  readonly isAsked: boolean;
  readonly viewer: Viewer;
  readonly actions: TeamActions;
  onClose(): void;
}

/** All there is to know of a team, kept current while it is read. */
export function TeamPanel({ row, ...rest }: TeamPanelProps) {
  if (row) return <PresentTeam key={row.id} row={row} {...rest} />;
  return (
    <Dialog title="No such team" isPanel onClose={rest.onClose}>
      <p>It was removed, or was never here.</p>
    </Dialog>
  );
}

const provisioned = 'This is managed by your organization’s identity provider.';

function valuesOf({ name, slug }: TeamRecord) {
  return { name, slug };
}

function PresentTeam({ row, isAsked, viewer, actions, onClose }: TeamPanelProps & { readonly row: TeamRow }) {
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
          Since {sayDate(team.dateCreated)}
          <ChangedBy highlight={highlight} />
          <PlaceButton row={row} isAsked={isAsked} viewer={viewer} actions={actions} />
        </div>
        <section aria-label="Details">
          <DetailsForm
            what={`The details of #${team.slug}`}
            fields={[
              { key: 'name', label: 'Name' },
              { key: 'slug', label: 'Slug', hint: 'What it is called in addresses.' },
            ]}
            values={valuesOf(team)}
            whyNot={managed ?? (canWrite ? null : 'Only an admin of this team, a manager or an owner can change it.')}
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
        <section aria-label="Remove">
          <RemoveTeam
            team={team}
            whyNot={managed ?? (canAdmin ? null : 'Only an admin of this team, a manager or an owner can remove it.')}
            actions={actions}
          />
        </section>
      </div>
    </Dialog>
  );
}

interface RemoveTeamProps {
  readonly team: TeamRecord;
  readonly whyNot: string | null;
  readonly actions: TeamActions;
}

function RemoveTeam({ team, whyNot, actions }: RemoveTeamProps) {
  const [isAsking, setAsking] = useState(false);
  return (
    <>
      <Button className="panel-danger" whyNot={whyNot} onClick={() => setAsking(true)}>
        Remove team
      </Button>
      {isAsking && (
        <ConfirmDialog
          title={`Remove #${team.slug}?`}
          action="Remove team"
          typed={team.slug}
          onConfirm={() => actions.remove(team)}
          onClose={() => setAsking(false)}
        >
          Its members lose what they reach through it alone. Its projects stay. It cannot be taken back.
        </ConfirmDialog>
      )}
    </>
  );
}
