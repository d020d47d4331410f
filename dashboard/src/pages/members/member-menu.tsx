import type { MemberRecord } from '@rollcall/client';
import { Ellipsis, LogOut, PanelRight, UserMinus } from 'lucide-react';
import { useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { ConfirmDialog } from '../../kit/confirm.tsx';
import { focusNeighbor } from '../../kit/focus-neighbor.ts';
import { Menu, MenuItem, MenuSeparator } from '../../kit/menu.tsx';
import { isSelf, type Viewer, whyNotRemove } from './member-powers.ts';
import { useLeaving } from './use-leaving.ts';
import type { MemberActions } from './use-member-actions.tsx';

interface MemberMenuProps {
  readonly member: MemberRecord;
  readonly viewer: Viewer;
  readonly actions: MemberActions;
  readonly address: string;
}

/** What can be done to a member. No menu where there is nothing but the details, which the name leads to. */
export function MemberMenu({ member, viewer, actions, address }: MemberMenuProps) {
  const [, navigate] = useLocation();
  const [isLeaving, setLeaving] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const who = member.email ?? member.name;
  const whyNot = whyNotRemove(viewer, member);
  const isOwn = isSelf(viewer, member);
  if (!isOwn && whyNot !== null) return null;
  const remove = () => {
    focusNeighbor(button.current?.closest('tr') ?? null);
    actions.remove(member);
  };
  return (
    <>
      <Menu
        label={`Actions for ${who}`}
        trigger={
          <button ref={button} type="button" className="icon-button" aria-label={`Actions for ${who}`}>
            <Ellipsis size={16} aria-hidden />
          </button>
        }
      >
        {() => (
          <>
            <MenuItem icon={PanelRight} onChoose={() => navigate(`${address}${member.id}/${location.search}`)}>
              Details
            </MenuItem>
            <MenuSeparator />
            {isOwn ? (
              <MenuItem icon={LogOut} isDanger whyNot={whyNot} onChoose={() => setLeaving(true)}>
                Leave organization
              </MenuItem>
            ) : (
              <MenuItem icon={UserMinus} isDanger onChoose={remove}>
                {member.pending ? 'Revoke invitation' : 'Remove from organization'}
              </MenuItem>
            )}
          </>
        )}
      </Menu>
      {isLeaving && <LeaveDialog onClose={() => setLeaving(false)} />}
    </>
  );
}

function LeaveDialog({ onClose }: { onClose(): void }) {
  const leave = useLeaving();
  return (
    <ConfirmDialog title="Leave this organization?" action="Leave organization" onConfirm={leave} onClose={onClose}>
      You lose access immediately. To come back, you need a new invitation.
    </ConfirmDialog>
  );
}
