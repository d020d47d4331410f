import type { OrganizationState } from '@rollcall/client';
import { useOrganizationState, useTeams } from '@rollcall/client/react';
import { useMemo, useState } from 'react';
import { type InvitationViewer, mayInvite } from './invitation-viewer.ts';
import { type InviteChoice, InviteFields, roleWithin } from './invite-fields.tsx';
import { parseRecipients, type Recipient } from './parse-recipients.ts';
import { Button } from './parts/button.tsx';
import { Dialog } from './parts/dialog.tsx';
import { discardEntered, useLeaveQuestion } from './parts/unsaved.ts';
import { RecipientsField } from './recipients-field.tsx';
import type { OnInvited } from './send-invite.ts';
import { SendingDialog } from './sending-dialog.tsx';

interface InviteDialogProps {
  readonly viewer: InvitationViewer;
  readonly onInvited: OnInvited | undefined;
  onClose(): void;
}

const selectDefaultRole = ({ organization }: OrganizationState) => organization?.defaultRole ?? 'member';

/**
 * Invites several people with the same role and teams, then shows the result for each. Members who
 * may not invite send requests instead.
 */
export default function InviteDialog({ viewer, onInvited, onClose }: InviteDialogProps) {
  const teams = useTeams();
  const allTeams = useMemo(() => teams.toSorted((a, b) => (a.slug < b.slug ? -1 : 1)), [teams]);
  const defaultRole = useOrganizationState(selectDefaultRole);
  const [recipients, setRecipients] = useState<readonly Recipient[]>([]);
  const [text, setText] = useState('');
  const [isSending, setSending] = useState(false);
  const [chosen, setChosen] = useState<InviteChoice>(() => ({ role: defaultRole, teams: [] }));
  // The viewer's role can be lowered, and a chosen team removed, while the dialog is open.
  const choice = {
    role: roleWithin(viewer, chosen.role),
    teams: chosen.teams.filter((slug) => allTeams.some((team) => team.slug === slug)),
  };
  const addresses = recipients.flatMap(({ email }) => email ?? []);
  const isRequesting = !mayInvite(viewer);
  const { leave } = useLeaveQuestion(!isSending && (recipients.length > 0 || text.trim() !== '') ? discardEntered : null);
  if (isSending) {
    return (
      <SendingDialog
        addresses={addresses}
        choice={choice}
        isRequesting={isRequesting}
        onInvited={onInvited}
        onCorrect={(failed) => {
          setRecipients(failed.flatMap(parseRecipients));
          setSending(false);
        }}
        onClose={onClose}
      />
    );
  }
  return (
    <Dialog
      title={isRequesting ? 'Request invitations' : 'Invite members'}
      description={
        isRequesting
          ? 'Managers and owners will approve or deny your request.'
          : 'We’ll email each person a link. The list of invitations shows when it expires.'
      }
      onClose={() => leave(onClose)}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" whyNot={whyNotSend(recipients)} onClick={() => setSending(true)}>
            {sendLabel(addresses.length, isRequesting)}
          </Button>
        </>
      }
    >
      <RecipientsField
        recipients={recipients}
        text={text}
        onChange={(changed, typed) => {
          setRecipients(changed);
          setText(typed);
        }}
      />
      <InviteFields viewer={viewer} allTeams={allTeams} choice={choice} errors={{}} onChoice={setChosen} />
    </Dialog>
  );
}

function sendLabel(count: number, isRequesting: boolean): string {
  if (isRequesting) return count <= 1 ? 'Request invitation' : `Request ${count} invitations`;
  return count <= 1 ? 'Send invitation' : `Send ${count} invitations`;
}

function whyNotSend(recipients: readonly Recipient[]): string | null {
  if (recipients.length === 0) return 'Enter an email address first.';
  const invalid = recipients.filter(({ email }) => email === null).length;
  if (invalid === 0) return null;
  return invalid === 1 ? 'Edit or remove the invalid address.' : `Edit or remove the ${invalid} invalid addresses.`;
}
