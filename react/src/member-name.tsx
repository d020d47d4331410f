import type { MemberRecord } from '@rollcall/client';
import { type ReactNode, useLayoutEffect, useRef } from 'react';
import { isBlocked, isInvitation } from './blocked-members.ts';
import { Avatar, Badge } from './parts/badge.tsx';
import { focusNeighbor } from './parts/focus-neighbor.ts';
import { personIdOf } from './person-id.ts';

interface MemberNameProps {
  readonly member: MemberRecord;
  /** The name: a link, a button or text. */
  readonly name: ReactNode;
  readonly isSelf: boolean;
  /** Whether the viewer may see who is blocked without 2FA. */
  readonly sees2fa: boolean;
  /**
   * Whether the member was removed. The row stays until the pointer leaves the table, and its focus
   * moves to a row beside it.
   */
  readonly isGone: boolean;
  /** Further badges. */
  readonly children?: ReactNode;
}

/** The header cell of a member's row. Its accessible name is the member's address. */
export function MemberName({ member, name, isSelf, sees2fa, isGone, children }: MemberNameProps) {
  const cell = useRef<HTMLTableCellElement>(null);
  useLayoutEffect(() => {
    const row = cell.current?.closest('tr') ?? null;
    if (isGone && row?.contains(document.activeElement)) focusNeighbor(row);
  }, [isGone]);
  return (
    <th ref={cell} scope="row" aria-label={member.email ?? member.name} className="rollcall-member">
      <Avatar name={member.name} id={personIdOf(member)} />
      <span>
        <span className="rollcall-member-line">
          {name}
          {isSelf && <Badge tone="accent">You</Badge>}
          {sees2fa && isBlocked(member) && <Badge tone="warn">Blocked: no 2FA</Badge>}
          {isInvitation(member) && <PendingBadge expiresAt={member.inviteExpiresAt} />}
          {children}
        </span>
        {member.name !== member.email && <small>{member.email}</small>}
      </span>
    </th>
  );
}

function PendingBadge({ expiresAt }: { readonly expiresAt: string | null }) {
  const isExpired = expiresAt !== null && Date.parse(expiresAt) < Date.now();
  return <Badge tone="warn">{isExpired ? 'Invitation expired' : 'Invited'}</Badge>;
}
