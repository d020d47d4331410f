import { OrgError } from '@rollcall/client';
import { useEffect, useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { type Outcome, ProgressList } from '../../kit/progress-list.tsx';
import { explain } from '../../live/commands.tsx';
import { fieldErrorsOf } from '../../live/field-errors.ts';
import { useHighlights, useOrganization } from '../../live/organization.tsx';
import { type InviteChoice, teamRolesOf } from './invite-fields.tsx';

interface SendingDialogProps {
  readonly addresses: readonly string[];
  readonly choice: InviteChoice;
  /** Asks managers to invite them, instead of inviting. */
  readonly isAsking: boolean;
  /** Back to the form, with those who were refused. */
  onCorrect(refused: readonly string[]): void;
  onClose(): void;
}

/** One command after the other: what is wrong with one keeps no other from being invited. Closing it stops what has not begun. */
export function SendingDialog({ addresses: given, choice, isAsking, onCorrect, onClose }: SendingDialogProps) {
  const org = useOrganization();
  const highlights = useHighlights();
  // What was given when it began: typing behind it is not possible, drawing it again is.
  const [addresses] = useState(given);
  const [{ role, teams }] = useState(choice);
  const [outcomes, setOutcomes] = useState<ReadonlyMap<string, Outcome>>(new Map());

  useEffect(() => {
    let isStopped = false;
    const sendOne = async (email: string): Promise<Outcome> => {
      const invite = { email, orgRole: role, teamRoles: teamRolesOf({ role, teams }) };
      try {
        const { data } = await (isAsking ? org.requestInvite(invite) : org.inviteMember(invite));
        highlights.expectOwn([`member:${data.id}`]);
        return { kind: 'done', reason: isAsking ? 'Approval requested' : 'Invited' };
      } catch (error) {
        return { kind: 'refused', reason: explainRefusal(error) };
      }
    };
    const sendAll = async () => {
      for (const email of addresses) {
        if (isStopped) return;
        const outcome = await sendOne(email);
        setOutcomes((before) => new Map(before).set(email, outcome));
      }
    };
    // In a later turn, so that what is drawn twice in development is sent once.
    const timer = setTimeout(() => void sendAll());
    return () => {
      isStopped = true;
      clearTimeout(timer);
    };
  }, [addresses, role, teams, isAsking, org, highlights]);

  const isOver = outcomes.size === addresses.length;
  const refused = addresses.filter((email) => outcomes.get(email)?.kind === 'refused');
  return (
    <Dialog
      title={isAsking ? 'Asking for invitations' : 'Sending invitations'}
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
      <ProgressList entries={addresses.map((email) => ({ key: email, label: email, outcome: outcomes.get(email) ?? null }))} />
    </Dialog>
  );
}

/** What the server has against the address itself goes without the name of its field. */
function explainRefusal(error: unknown): string {
  if (!(error instanceof OrgError)) return String(error);
  const reason = fieldErrorsOf(error).email ?? explain(error);
  return /is already a member/.test(reason) ? 'Already a member' : reason;
}
