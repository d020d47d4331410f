import { orgRoles } from '@rollcall/client';
import { focusNeighbor, type InvitationViewer, type MeasureRow, personIdOf, Tooltip, VirtualRow } from '@rollcall/react/parts';
import { memo, useLayoutEffect, useRef, useState } from 'react';
import { Avatar, Badge } from '../../kit/badge.ts';
import { Button } from '../../kit/button.ts';
import { ChangedBy } from '../../live/changed-by.tsx';
import { useHighlight } from '../../live/use-highlight.ts';
import { formatDate } from '../../shell/format-time.ts';
import { formatExpiry } from './format-expiry.ts';
import { mayResend, mayRevoke } from './invitation-permissions.ts';
import type { InvitationRow } from './invitation-rows.ts';
import type { InvitationActions } from './use-invitation-actions.ts';

interface InvitationTableRowProps {
  readonly row: InvitationRow;
  readonly index: number;
  readonly measure: MeasureRow;
  /** Removed, but still shown so that no row moves under the pointer. */
  readonly isGone: boolean;
  readonly now: number;
  readonly viewer: InvitationViewer;
  readonly actions: InvitationActions;
  onApprove(row: InvitationRow): void;
}

export const InvitationTableRow = memo(function InvitationTableRow(props: InvitationTableRowProps) {
  const { row, index, measure, isGone, now, viewer, actions, onApprove } = props;
  const { invite, teams, isRequest } = row;
  const who = invite.email ?? (invite.name || 'Unknown');
  const highlight = useHighlight(`member:${invite.id}`);
  const actionsCell = useRef<HTMLTableCellElement>(null);
  const own = () => actionsCell.current?.closest('tr') ?? null;
  useLayoutEffect(() => {
    const element = actionsCell.current?.closest('tr') ?? null;
    if (isGone && element?.contains(document.activeElement)) focusNeighbor(element);
  }, [isGone]);
  const takeAway = (act: () => void) => {
    focusNeighbor(own());
    act();
  };
  const expiry = formatExpiry(invite.inviteExpiresAt, now);
  return (
    <VirtualRow
      index={index}
      measure={measure}
      data-changed={highlight ? '' : undefined}
      data-request={isRequest || undefined}
      data-gone={isGone || undefined}
      inert={isGone}
    >
      <th scope="row" aria-label={who} className="invitation-who">
        <Avatar name={who} id={personIdOf(invite)} />
        <span className="row-name">
          <span className="row-name-line">
            <strong title={who}>{who}</strong>
            <ChangedBy highlight={highlight} />
          </span>
          <small>
            {orgRoles[invite.orgRole].name}
            <span className="invitation-date">
              , {isRequest ? 'requested' : 'invited'} {formatDate(invite.dateCreated)}
            </span>
          </small>
        </span>
      </th>
      <td className="invitation-status">
        {isRequest ? (
          <Badge tone="accent">{invite.inviteStatus === 'requested_to_join' ? 'Wants to join' : 'Invitation requested'}</Badge>
        ) : (
          <Badge tone={expiry.isExpired ? 'bad' : expiry.isSoon ? 'warn' : 'plain'}>{expiry.text}</Badge>
        )}
      </td>
      <td className="invitation-teams">
        <span className="row-tags">
          {teams.map(({ id, slug }) => (
            <span key={id} className="row-tag">
              #{slug}
            </span>
          ))}
        </span>
      </td>
      <td className="row-soft invitation-by" title={invite.inviterName ?? undefined}>
        {invite.inviterName && <span className="invitation-by-word">{isRequest ? 'Requested by ' : 'By '}</span>}
        {invite.inviterName || (isRequest ? 'Themselves' : 'An administrator')}
      </td>
      <td ref={actionsCell} className="row-actions">
        {isRequest ? (
          viewer.canDecide && (
            <RequestButtons who={who} onApprove={() => onApprove(row)} onRefuse={() => takeAway(() => actions.refuse(invite))} />
          )
        ) : (
          <>
            {mayResend(viewer, invite) && !expiry.isExpired && (
              <BusyButton who={who} effect="Sends the same link again." onPress={() => actions.resend(invite)}>
                Resend
              </BusyButton>
            )}
            {viewer.canAdminMembers && (
              <BusyButton
                who={who}
                effect="Sends another link with a new expiry date. The old link stops working."
                onPress={() => actions.regenerate(invite)}
              >
                {expiry.isExpired ? 'Send new link' : 'Replace link'}
              </BusyButton>
            )}
            {mayRevoke(viewer, invite) && (
              <Button isSmall aria-description={who} className="invitation-revoke" onClick={() => takeAway(() => actions.revoke(invite))}>
                Revoke
              </Button>
            )}
          </>
        )}
      </td>
    </VirtualRow>
  );
});

interface RequestButtonsProps {
  readonly who: string;
  onApprove(): void;
  onRefuse(): void;
}

function RequestButtons({ who, onApprove, onRefuse }: RequestButtonsProps) {
  return (
    <>
      <Button isSmall variant="primary" aria-description={who} onClick={onApprove}>
        Approve
      </Button>
      <Button isSmall aria-description={who} onClick={onRefuse}>
        Deny
      </Button>
    </>
  );
}

interface BusyButtonProps {
  readonly who: string;
  /** The effect of the button, as a tooltip and in its description. */
  readonly effect: string;
  readonly children: string;
  onPress(): Promise<unknown>;
}

function BusyButton({ who, effect, children, onPress }: BusyButtonProps) {
  const [isBusy, setBusy] = useState(false);
  const press = async () => {
    setBusy(true);
    await onPress();
    setBusy(false);
  };
  return (
    <Tooltip text={effect}>
      <Button isSmall aria-description={`${who}. ${effect}`} isBusy={isBusy} onClick={press}>
        {children}
      </Button>
    </Tooltip>
  );
}
