import type { OrgRoleId, TeamRecord } from '@rollcall/client';
import { useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { type InvitationViewer, mayInvite } from './invitation-permissions.ts';
import { type InviteChoice, InviteFields, roleWithin } from './invite-fields.tsx';
import { parseRecipients, type Recipient } from './parse-recipients.ts';
import { RecipientsField } from './recipients-field.tsx';
import { SendingDialog } from './sending-dialog.tsx';

interface InviteDialogProps {
  readonly viewer: InvitationViewer;
  readonly allTeams: readonly TeamRecord[];
  readonly defaultRole: OrgRoleId;
  onClose(): void;
}

/**
 * Invites several people with the same role and teams, then shows the result for each. Members who
 * may not invite send requests instead.
 */
export function InviteDialog({ viewer, allTeams, defaultRole, onClose }: InviteDialogProps) {
  const [recipients, setRecipients] = useState<readonly Recipient[]>([]);
  const [text, setText] = useState('');
  const [isSending, setSending] = useState(false);
  const [choice, setChoice] = useState<InviteChoice>(() => ({ role: roleWithin(viewer, defaultRole), teams: [] }));
  const addresses = recipients.flatMap(({ email }) => email ?? []);
  const isRequesting = !mayInvite(viewer);
  if (isSending) {
    return (
      <SendingDialog
        addresses={addresses}
        choice={choice}
        isRequesting={isRequesting}
        onCorrect={(refused) => {
          setRecipients(refused.flatMap(parseRecipients));
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
        isRequesting ? 'Managers and owners will approve or deny your request.' : 'We’ll email each person a link that expires in 30 days.'
      }
      onClose={onClose}
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
      <InviteFields viewer={viewer} allTeams={allTeams} choice={choice} errors={{}} onChoice={setChoice} />
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
