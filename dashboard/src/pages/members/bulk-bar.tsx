import { type MemberRecord, type OrgRoleId, orgRoles, type TeamRecord } from '@rollcall/client';
import { ConfirmOwner, isSelf, Menu, MenuItem, mayAssign, whyNotChangeRole } from '@rollcall/react/parts';
import { ChevronDown, UserMinus, X } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../kit/button.ts';
import { ComboboxMenu } from '../../kit/combobox-menu.tsx';
import { ConfirmDialog } from '../../kit/confirm.tsx';
import type { BulkTask } from './bulk-run.ts';
import { canAddAtOnce, type MemberViewer, managesTeam, whyNotLeaveTeam, whyNotRemove } from './member-permissions.ts';
import './bulk-bar.css';

interface BulkBarProps {
  readonly selected: readonly MemberRecord[];
  readonly viewer: MemberViewer;
  readonly allTeams: readonly TeamRecord[];
  onStart(task: BulkTask): void;
  onClear(): void;
}

/** The actions on all selected members. Each member has a result of their own. */
export default function BulkBar({ selected, viewer, allTeams, onStart, onClear }: BulkBarProps) {
  const [asking, setConfirming] = useState<'removal' | 'owners' | null>(null);
  const count = `${selected.length.toLocaleString('en')} ${selected.length === 1 ? 'member' : 'members'}`;

  const setRole = (role: OrgRoleId) =>
    onStart({
      doing: `Changing role to ${orgRoles[role].name}`,
      done: 'updated',
      action: { action: 'set-role', orgRole: role },
      members: selected,
      whyNot: (member) => whyNotChangeRole(viewer, member),
    });
  const addTo = (team: TeamRecord) =>
    onStart({
      doing: `Adding to #${team.slug}`,
      done: `added to #${team.slug}`,
      action: { action: 'add-to-team', team: team.id },
      members: selected,
      whyNot: () => null,
      meanings: { 202: 'Approval requested', 204: 'Already on the team' },
    });
  const removeFrom = (team: TeamRecord) =>
    onStart({
      doing: `Removing from #${team.slug}`,
      done: `removed from #${team.slug}`,
      action: { action: 'remove-from-team', team: team.id },
      members: selected,
      whyNot: (member) => whyNotLeaveTeam(viewer, member, team),
    });
  const remove = async () =>
    onStart({
      doing: 'Removing members',
      done: 'removed',
      action: { action: 'remove' },
      members: selected,
      whyNot: (member) =>
        isSelf(viewer, member) ? 'You can’t remove yourself here. Use “Leave organization”.' : whyNotRemove(viewer, member),
    });

  return (
    <div className="bulk-bar" role="toolbar" aria-label="Selected members">
      <strong>{selected.length.toLocaleString('en')} selected</strong>
      {viewer.canAdminMembers && (
        <Menu label="Change role of selected members" align="start" trigger={<BulkButton>Change role</BulkButton>}>
          {() =>
            Object.values(orgRoles)
              .filter(({ id }) => mayAssign(viewer, id))
              .map(({ id, name, desc }) => (
                <MenuItem key={id} onChoose={() => (id === 'owner' ? setConfirming('owners') : setRole(id))}>
                  {name}
                  <small>{desc}</small>
                </MenuItem>
              ))
          }
        </Menu>
      )}
      <TeamsMenu
        label="Add selected members to a team"
        buttonText="Add to team"
        teams={() => allTeams.filter((team) => canAddAtOnce(viewer, team) && !team.flags['idp:provisioned'])}
        onChoose={addTo}
      />
      <TeamsMenu
        label="Remove selected members from a team"
        buttonText="Remove from team"
        teams={() => allTeams.filter((team) => managesTeam(viewer, team))}
        onChoose={removeFrom}
      />
      {viewer.canAdminMembers && (
        <Button isSmall icon={UserMinus} onClick={() => setConfirming('removal')}>
          Remove
        </Button>
      )}
      <Button isSmall variant="quiet" icon={X} onClick={onClear}>
        Clear
      </Button>
      {asking === 'removal' && (
        <ConfirmDialog title={`Remove ${count}?`} action={`Remove ${count}`} onConfirm={remove} onClose={() => setConfirming(null)}>
          They lose access immediately. To rejoin, they need a new invitation.
        </ConfirmDialog>
      )}
      {asking === 'owners' && (
        <ConfirmOwner who={count} isMany={selected.length > 1} onConfirm={() => setRole('owner')} onClose={() => setConfirming(null)} />
      )}
    </div>
  );
}

interface TeamsMenuProps {
  readonly label: string;
  readonly buttonText: string;
  readonly teams: () => readonly TeamRecord[];
  onChoose(team: TeamRecord): void;
}

function TeamsMenu({ label, buttonText, teams, onChoose }: TeamsMenuProps) {
  return (
    <ComboboxMenu
      label={label}
      trigger={<BulkButton>{buttonText}</BulkButton>}
      none="No teams yet."
      options={() => teams().map(({ id, slug }) => ({ value: id, label: `#${slug}` }))}
      onChoose={(id) => {
        const team = teams().find((one) => one.id === id);
        if (team) onChoose(team);
      }}
    />
  );
}

function BulkButton({ children, ...rest }: React.ComponentProps<'button'>) {
  return (
    <button type="button" {...rest} className="rollcall-button rollcall-button-small">
      {children}
      <ChevronDown size={14} aria-hidden />
    </button>
  );
}
