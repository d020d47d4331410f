import { type MemberRecord, type OrgRoleId, orgRoles, type TeamRecord } from '@rollcall/client';
import { ChevronDown, UserMinus, X } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { ConfirmDialog } from '../../kit/confirm.tsx';
import { Menu, MenuItem, MenuLabel } from '../../kit/menu.tsx';
import { useOrganization } from '../../live/organization.tsx';
import { BulkDialog, type BulkTask } from './bulk-dialog.tsx';
import { isSelf, mayAssign, type Viewer, whyNotChangeRole, whyNotLeaveTeam, whyNotRemove } from './member-powers.ts';
import './bulk-bar.css';

interface BulkBarProps {
  readonly selected: readonly MemberRecord[];
  readonly viewer: Viewer;
  readonly allTeams: readonly TeamRecord[];
  onClear(): void;
}

/** What can be done to all who are selected. Each is a command of its own, and what became of it is told row by row. */
export default function BulkBar({ selected, viewer, allTeams, onClear }: BulkBarProps) {
  const org = useOrganization();
  const [task, setTask] = useState<BulkTask | null>(null);
  const [isRemoving, setRemoving] = useState(false);
  const count = `${selected.length} ${selected.length === 1 ? 'member' : 'members'}`;

  const setRole = (role: OrgRoleId) =>
    setTask({
      title: `Make ${count} ${orgRoles[role].name}`,
      members: selected,
      whyNot: (member) => whyNotChangeRole(viewer, member),
      send: ({ id }) => org.changeMemberRole(id, role),
    });
  const addTo = (team: TeamRecord) =>
    setTask({
      title: `Add ${count} to #${team.slug}`,
      members: selected,
      whyNot: () => null,
      send: ({ id }) => org.addTeamMember(team.slug, id),
      meanings: { 202: 'Those who may were asked', 204: 'On the team already' },
    });
  const removeFrom = (team: TeamRecord) =>
    setTask({
      title: `Remove ${count} from #${team.slug}`,
      members: selected,
      whyNot: (member) => whyNotLeaveTeam(viewer, member, team),
      send: ({ id }) => org.removeTeamMember(team.slug, id),
    });
  const remove = async () =>
    setTask({
      title: `Remove ${count}`,
      members: selected,
      whyNot: (member) => (isSelf(viewer, member) ? 'To leave yourself, use your own row.' : whyNotRemove(viewer, member)),
      send: ({ id }) => org.removeMember(id),
    });

  return (
    <div className="bulk-bar" role="toolbar" aria-label="Selected members">
      <strong>{selected.length} selected</strong>
      <Menu label="Set the role of the selected members" align="start" trigger={<BulkButton>Set role</BulkButton>}>
        {() =>
          Object.values(orgRoles).map(({ id, name, desc }) => (
            <MenuItem key={id} whyNot={mayAssign(viewer, id) ? null : 'Above your own role.'} onChoose={() => setRole(id)}>
              {name}
              <small>{desc}</small>
            </MenuItem>
          ))
        }
      </Menu>
      <TeamsMenu label="Add the selected members to a team" words="Add to team" teams={allTeams} onChoose={addTo} />
      <TeamsMenu label="Remove the selected members from a team" words="Remove from team" teams={allTeams} onChoose={removeFrom} />
      <Button isSmall icon={UserMinus} onClick={() => setRemoving(true)}>
        Remove
      </Button>
      <Button isSmall variant="quiet" icon={X} onClick={onClear}>
        Clear
      </Button>
      {isRemoving && (
        <ConfirmDialog title={`Remove ${count}?`} action={`Remove ${count}`} onConfirm={remove} onClose={() => setRemoving(false)}>
          They lose access at once, on every screen that shows this organization. Only an invitation brings them back.
        </ConfirmDialog>
      )}
      {task && (
        <BulkDialog
          task={task}
          onClose={() => {
            setTask(null);
            onClear();
          }}
        />
      )}
    </div>
  );
}

interface TeamsMenuProps {
  readonly label: string;
  readonly words: string;
  readonly teams: readonly TeamRecord[];
  onChoose(team: TeamRecord): void;
}

function TeamsMenu({ label, words, teams, onChoose }: TeamsMenuProps) {
  return (
    <Menu label={label} align="start" trigger={<BulkButton>{words}</BulkButton>}>
      {() => (
        <>
          {teams.length === 0 && <MenuLabel>There are no teams yet.</MenuLabel>}
          {teams.map((team) => (
            <MenuItem key={team.id} onChoose={() => onChoose(team)}>
              #{team.slug}
            </MenuItem>
          ))}
        </>
      )}
    </Menu>
  );
}

function BulkButton({ children, ...rest }: React.ComponentProps<'button'>) {
  return (
    <button type="button" {...rest} className="button button-plain button-small">
      {children}
      <ChevronDown size={14} aria-hidden />
    </button>
  );
}
