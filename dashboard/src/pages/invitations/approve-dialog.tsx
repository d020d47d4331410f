import type { TeamRecord } from '@rollcall/client';
import { type InvitationViewer, type InviteChoice, InviteFields, roleWithin, teamRolesOf } from '@rollcall/react/parts';
import { useState } from 'react';
import { FormDialog } from '../../live/form-dialog.tsx';
import type { InvitationRow } from './invitation-rows.ts';
import type { InvitationActions } from './use-invitation-actions.ts';

interface ApproveDialogProps {
  readonly row: InvitationRow;
  readonly viewer: InvitationViewer;
  readonly allTeams: readonly TeamRecord[];
  readonly actions: InvitationActions;
  onClose(): void;
}

/** Approves a request: sends an invitation with the role and the teams chosen here. */
export function ApproveDialog({ row: { invite, teams }, viewer, allTeams, actions, onClose }: ApproveDialogProps) {
  const [role, setRole] = useState(() => roleWithin(viewer, invite.orgRole));
  const [teamIds, setTeamIds] = useState(() => teams.map(({ id }) => id));
  // A chosen team can be removed, or its slug changed, while the dialog is open.
  const choice: InviteChoice = { role, teams: allTeams.filter(({ id }) => teamIds.includes(id)).map(({ slug }) => slug) };
  const choose = (changed: InviteChoice) => {
    setRole(changed.role);
    setTeamIds(allTeams.filter(({ slug }) => changed.teams.includes(slug)).map(({ id }) => id));
  };
  const who = invite.email ?? invite.name;
  return (
    <FormDialog
      title={`Invite ${who}?`}
      description={
        invite.inviteStatus === 'requested_to_join'
          ? 'They asked to join. We’ll email them an invitation to accept.'
          : `${invite.inviterName || 'A member'} asked to invite them. We’ll email them an invitation to accept.`
      }
      action="Approve"
      fields={['orgRole', 'role']}
      onSubmit={() => actions.approve(invite, { orgRole: choice.role, teamRoles: teamRolesOf(choice) })}
      onClose={onClose}
    >
      {(errors) => <InviteFields viewer={viewer} allTeams={allTeams} choice={choice} errors={errors} onChoice={choose} />}
    </FormDialog>
  );
}
