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
  const [chosen, setChosen] = useState<InviteChoice>(() => ({
    role: roleWithin(viewer, invite.orgRole),
    teams: teams.map(({ slug }) => slug),
  }));
  // A chosen team can be removed while the dialog is open.
  const choice = { ...chosen, teams: chosen.teams.filter((slug) => allTeams.some((team) => team.slug === slug)) };
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
      {(errors) => <InviteFields viewer={viewer} allTeams={allTeams} choice={choice} errors={errors} onChoice={setChosen} />}
    </FormDialog>
  );
}
