import { useState } from 'react';
import { Avatar } from '../../kit/badge.ts';
import { Button } from '../../kit/button.ts';
import type { WaitingRequest } from './use-access-requests.ts';
import type { TeamActions } from './use-team-actions.ts';
import './access-requests.css';

interface AccessRequestsProps {
  readonly requests: readonly WaitingRequest[];
  readonly actions: TeamActions;
  /** Reads the list again, if it is not live. */
  onDecided(): Promise<void>;
}

/** The requests to join a team. Nothing if there are none. */
export function AccessRequests({ requests, actions, onDecided }: AccessRequestsProps) {
  if (requests.length === 0) return null;
  return (
    <section className="card access-requests" aria-label="Requests to join a team">
      <h2>{requests.length === 1 ? '1 request' : `${requests.length} requests`} to join a team</h2>
      <ul>
        {requests.map((request) => (
          <RequestLine key={request.id} request={request} actions={actions} onDecided={onDecided} />
        ))}
      </ul>
    </section>
  );
}

interface RequestLineProps {
  readonly request: WaitingRequest;
  readonly actions: TeamActions;
  onDecided(): Promise<void>;
}

function RequestLine({
  request: { id, memberId, personId, memberName, teamId, teamSlug, requesterName },
  actions,
  onDecided,
}: RequestLineProps) {
  const [isBusy, setBusy] = useState(false);
  const what = `${memberName}’s request to join #${teamSlug}`;
  const decide = async (isApproved: boolean) => {
    setBusy(true);
    await actions.decide({ id, what, keys: [`member:${memberId}`, `team:${teamId}`] }, isApproved);
    await onDecided().catch(() => {});
    setBusy(false);
  };
  return (
    <li>
      <Avatar name={memberName} id={personId} />
      <span>
        <strong>{memberName}</strong> wants to join <strong>#{teamSlug}</strong>
        {requesterName && <small>Requested by {requesterName}</small>}
      </span>
      <span className="row-actions">
        <Button isSmall variant="primary" aria-description={what} isBusy={isBusy} onClick={() => decide(true)}>
          Approve
        </Button>
        <Button isSmall aria-description={what} isBusy={isBusy} onClick={() => decide(false)}>
          Deny
        </Button>
      </span>
    </li>
  );
}
