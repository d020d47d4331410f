import type { MemberRecord } from '@rollcall/client';
import { Ellipsis, LogOut, PanelRight, UserMinus } from 'lucide-react';
import { useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { ConfirmDialog } from '../../kit/confirm.tsx';
import { focusNeighbor } from '../../kit/focus-neighbor.ts';
import { Menu, MenuItem, MenuSeparator } from '../../kit/menu.tsx';
import { isSelf, type Viewer, whyNotRemove } from './member-powers.ts';
import type { MemberActions } from './use-member-actions.tsx';

interface MemberMenuProps {
  readonly member: MemberRecord;
  readonly viewer: Viewer;
  readonly actions: MemberActions;
  readonly address: string;
}

export function MemberMenu({ member, viewer, actions, address }: MemberMenuProps) {
  const [, navigate] = useLocation();
  const [isLeaving, setLeaving] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const who = member.email ?? member.name;
  const whyNot = whyNotRemove(viewer, member);
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
            <MenuItem icon={PanelRight} onChoose={() => navigate(`${address}${member.id}/`)}>
              Details
            </MenuItem>
            <MenuSeparator />
            {isSelf(viewer, member) ? (
              <MenuItem icon={LogOut} isDanger whyNot={whyNot} onChoose={() => setLeaving(true)}>
                Leave the organization
              </MenuItem>
            ) : (
              <MenuItem icon={UserMinus} isDanger whyNot={whyNot} onChoose={remove}>
                {member.pending ? 'Withdraw the invitation' : 'Remove from the organization'}
              </MenuItem>
            )}
          </>
        )}
      </Menu>
      {isLeaving && (
        <ConfirmDialog title="Leave this organization?" action="Leave" onConfirm={() => actions.leave()} onClose={() => setLeaving(false)}>
          You lose access at once, and only an invitation brings you back.
        </ConfirmDialog>
      )}
    </>
  );
}
