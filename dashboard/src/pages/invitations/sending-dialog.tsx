import { OrgError } from '@rollcall/client';
import { useEffect, useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { type Outcome, ProgressList } from '../../kit/progress-list.tsx';
import { explain } from '../../live/explain.ts';
import { useHighlights, useOrganization } from '../../live/organization.tsx';
import { type InviteChoice, teamRolesOf } from './invite-fields.tsx';

interface SendingDialogProps {
  readonly addresses: readonly string[];
  readonly choice: InviteChoice;
  /** Sends requests for invitations instead of invitations. */
  readonly isRequesting: boolean;
  /** Returns to the form with the addresses that failed. */
  onCorrect(refused: readonly string[]): void;
  onClose(): void;
}

/**
 * Sends the invitations one after the other, and shows the result of each. Closing the dialog stops
 * after the current one.
 */
export function SendingDialog({ addresses: given, choice, isRequesting, onCorrect, onClose }: SendingDialogProps) {
  const org = useOrganization();
  const highlights = useHighlights();
  // The initial props: a new array from the parent must not start over.
  const [addresses] = useState(given);
  const [{ role, teams }] = useState(choice);
  const [outcomes, setOutcomes] = useState<ReadonlyMap<string, Outcome>>(new Map());

  useEffect(() => {
    let isStopped = false;
    const sendOne = async (email: string): Promise<Outcome> => {
      const invite = { email, orgRole: role, teamRoles: teamRolesOf({ role, teams }) };
      try {
        const { data } = await (isRequesting ? org.requestInvite(invite) : org.inviteMember(invite));
        highlights.expectOwn([`member:${data.id}`]);
        return { kind: 'done', reason: isRequesting ? 'Approval requested' : 'Invited' };
      } catch (error) {
        return { kind: 'refused', reason: error instanceof OrgError ? explain(error) : String(error) };
      }
    };
    const sendAll = async () => {
      for (const email of addresses) {
        if (isStopped) return;
        const outcome = await sendOne(email);
        setOutcomes((before) => new Map(before).set(email, outcome));
      }
    };
    // Deferred, since in development React runs effects twice and cancels the first.
    const timer = setTimeout(() => void sendAll());
    return () => {
      isStopped = true;
      clearTimeout(timer);
    };
  }, [addresses, role, teams, isRequesting, org, highlights]);

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
