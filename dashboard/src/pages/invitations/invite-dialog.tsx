import type { OrgRoleId, TeamRecord } from '@rollcall/client';
import { useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { TextAreaField } from '../../kit/field.tsx';
import { type InvitationViewer, mayInvite } from './invitation-powers.ts';
import { type InviteChoice, InviteFields, roleWithin } from './invite-fields.tsx';
import { parseAddresses } from './parse-addresses.ts';
import { SendingDialog } from './sending-dialog.tsx';

interface InviteDialogProps {
  readonly viewer: InvitationViewer;
  readonly allTeams: readonly TeamRecord[];
  readonly defaultRole: OrgRoleId;
  onClose(): void;
}

/** Shown below the field, so that a mistake in a long paste is seen. */
const othersShownMax = 4;

/** Invites many at once: first whom, with which role and teams; then what became of each. Whoever may not invite asks for it instead. */
export function InviteDialog({ viewer, allTeams, defaultRole, onClose }: InviteDialogProps) {
  const [text, setText] = useState('');
  const [isSending, setSending] = useState(false);
  const [choice, setChoice] = useState<InviteChoice>(() => ({ role: roleWithin(viewer, defaultRole), teams: [] }));
  const { addresses, others } = parseAddresses(text);
  const isAsking = !mayInvite(viewer);
  if (isSending) {
    return (
      <SendingDialog
        addresses={addresses}
        choice={choice}
        isAsking={isAsking}
        onCorrect={(refused) => {
          setText(refused.join('\n'));
          setSending(false);
        }}
        onClose={onClose}
      />
    );
  }
  const whyNot = addresses.length === 0 ? 'Type or paste an address first.' : null;
  return (
    <Dialog
      title={isAsking ? 'Ask to invite people' : 'Invite members'}
      description={
        isAsking ? 'Here only managers and owners invite. They are told, and decide.' : 'Each is sent a link that works for 30 days.'
      }
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" whyNot={whyNot} onClick={() => setSending(true)}>
            {sendWords(addresses.length, isAsking)}
          </Button>
        </>
      }
    >
      <TextAreaField
        label="E-mail addresses"
        placeholder="ada@example.com, grace@example.com"
        rows={4}
        value={text}
        onValue={setText}
        spellCheck={false}
        autoCapitalize="off"
        data-autofocus
        hint={describe(addresses.length, others)}
      />
      <InviteFields viewer={viewer} allTeams={allTeams} choice={choice} errors={{}} onChoice={setChoice} />
    </Dialog>
  );
}

function sendWords(count: number, isAsking: boolean): string {
  if (isAsking) return count <= 1 ? 'Ask' : `Ask for ${count} people`;
  return count <= 1 ? 'Send invitation' : `Send ${count} invitations`;
}

function describe(count: number, others: readonly string[]): string {
  const found = count === 0 ? 'Separated by commas, spaces or lines.' : `${count} ${count === 1 ? 'address' : 'addresses'}.`;
  if (others.length === 0) return found;
  const shown = others.slice(0, othersShownMax).join(', ');
  return `${found} No address, so left out: ${shown}${others.length > othersShownMax ? ' …' : ''}`;
}
