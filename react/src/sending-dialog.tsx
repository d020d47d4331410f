import { useOrganization } from '@rollcall/client/react';
import { useEffect, useRef, useState } from 'react';
import { type InviteChoice, teamRolesOf } from './invite-fields.tsx';
import { Button } from './parts/button.tsx';
import { Dialog } from './parts/dialog.tsx';
import { type Outcome, ProgressList } from './parts/progress-list.tsx';
import { useLeaveQuestion } from './parts/unsaved.ts';
import { type OnInvited, sendInvite } from './send-invite.ts';

interface SendingDialogProps {
  readonly addresses: readonly string[];
  readonly choice: InviteChoice;
  /** Sends requests for invitations instead of invitations. */
  readonly isRequesting: boolean;
  readonly onInvited: OnInvited | undefined;
  /** Returns to the form with the addresses that were refused or not sent. */
  onCorrect(failed: readonly string[]): void;
  onClose(): void;
}

/**
 * Sends the invitations one after the other, and shows the result of each. If the user stops it,
 * the others can still be sent from the result.
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
  const isStopped = useRef(false);

  useEffect(() => {
    let isGone = false;
    const sendAll = async () => {
      for (const email of addresses) {
        if (isGone) return;
        if (isStopped.current) {
          setOutcomes((before) => new Map(before).set(email, { kind: 'left-out', reason: 'Not sent' }));
          continue;
        }
        const invite = { email, orgRole: choice.role, teamRoles: teamRolesOf(choice) };
        const outcome = await sendInvite(org, invite, isRequesting, (sent) => invited.current?.(sent));
        setOutcomes((before) => new Map(before).set(email, outcome));
      }
    };
    // Deferred, since in development React runs effects twice and cancels the first.
    const timer = setTimeout(() => void sendAll());
    return () => {
      isGone = true;
      clearTimeout(timer);
    };
  }, [addresses, choice, isRequesting, org]);

  const isOver = outcomes.size === addresses.length;
  const failed = addresses.filter((email) => outcomes.has(email) && outcomes.get(email)!.kind !== 'done');
  const noun = isRequesting ? 'request' : 'invitation';
  const left = addresses.length - outcomes.size;
  const text = `${left.toLocaleString('en')} ${left === 1 ? 'hasn’t' : 'haven’t'} been sent.`;
  const { leave } = useLeaveQuestion(isOver ? null : { title: `Stop sending ${noun}s?`, text, action: 'Stop' });
  const stop = () => {
    isStopped.current = true;
  };
  return (
    <Dialog
      title={isRequesting ? 'Requesting invitations' : 'Sending invitations'}
      onClose={isOver ? onClose : () => leave(stop)}
      actions={
        <>
          {isOver && failed.length > 0 && (
            <Button onClick={() => onCorrect(failed)}>Fix and retry {failed.length.toLocaleString('en')}</Button>
          )}
          <Button variant={isOver ? 'primary' : 'plain'} onClick={isOver ? onClose : stop}>
            {isOver ? 'Close' : 'Stop'}
          </Button>
        </>
      }
    >
      <ProgressList
        summary={summaryOf(outcomes, addresses.length, noun)}
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
