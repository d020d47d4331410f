import { useOrganization } from '@rollcall/client/react';
import { useEffect, useRef, useState } from 'react';
import { type InviteChoice, teamRolesOf } from './invite-fields.tsx';
import { Button } from './parts/button.tsx';
import { Dialog } from './parts/dialog.tsx';
import { type Outcome, ProgressList } from './parts/progress-list.tsx';
import { type OnInvited, sendInvite } from './send-invite.ts';

interface SendingDialogProps {
  readonly addresses: readonly string[];
  readonly choice: InviteChoice;
  /** Sends requests for invitations instead of invitations. */
  readonly isRequesting: boolean;
  readonly onInvited: OnInvited | undefined;
  /** Returns to the form with the addresses that failed. */
  onCorrect(refused: readonly string[]): void;
  onClose(): void;
}

/**
 * Sends the invitations one after the other, and shows the result of each. Closing the dialog stops
 * after the current one.
 */
export function SendingDialog({ onInvited, onCorrect, onClose, ...given }: SendingDialogProps) {
  const org = useOrganization();
  // The initial props: a change while it sends must not start over.
  const [{ addresses, choice, isRequesting }] = useState(given);
  const invited = useRef(onInvited);
  useEffect(() => {
    invited.current = onInvited;
  });
  const [outcomes, setOutcomes] = useState<ReadonlyMap<string, Outcome>>(new Map());

  useEffect(() => {
    let isStopped = false;
    const sendAll = async () => {
      for (const email of addresses) {
        if (isStopped) return;
        const invite = { email, orgRole: choice.role, teamRoles: teamRolesOf(choice) };
        const outcome = await sendInvite(org, invite, isRequesting, (sent) => invited.current?.(sent));
        setOutcomes((before) => new Map(before).set(email, outcome));
      }
    };
    // Deferred, since in development React runs effects twice and cancels the first.
    const timer = setTimeout(() => void sendAll());
    return () => {
      isStopped = true;
      clearTimeout(timer);
    };
  }, [addresses, choice, isRequesting, org]);

  const isOver = outcomes.size === addresses.length;
  const refused = addresses.filter((email) => outcomes.get(email)?.kind === 'refused');
  return (
    <Dialog
      title={isRequesting ? 'Requesting invitations' : 'Sending invitations'}
      onClose={onClose}
      actions={
        <>
          {isOver && refused.length > 0 && (
            <Button onClick={() => onCorrect(refused)}>Fix and retry {refused.length.toLocaleString('en')}</Button>
          )}
          <Button variant={isOver ? 'primary' : 'plain'} onClick={onClose}>
            {isOver ? 'Close' : 'Stop'}
          </Button>
        </>
      }
    >
      <ProgressList
        summary={summaryOf(outcomes, addresses.length, isRequesting ? 'request' : 'invitation')}
        entries={addresses.map((email) => ({ key: email, label: email, outcome: outcomes.get(email) ?? null }))}
      />
    </Dialog>
  );
}

/** "Sending 2 of 3…", then "2 of 3 invitations sent." */
function summaryOf(outcomes: ReadonlyMap<string, Outcome>, all: number, noun: string): string {
  if (outcomes.size < all) return `Sending ${outcomes.size + 1} of ${all}…`;
  const sent = [...outcomes.values()].filter(({ kind }) => kind === 'done').length;
  return `${sent === all ? '' : `${sent} of `}${all} ${noun}${all === 1 ? '' : 's'} sent.`;
}
