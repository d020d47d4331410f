import type { MemberRecord } from '@rollcall/client';
import { Ellipsis, LogOut, PanelRight, UserMinus } from 'lucide-react';
import { lazy, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { focusNeighbor } from '../../kit/focus-neighbor.ts';
import { Menu, MenuItem, MenuSeparator } from '../../kit/menu.tsx';
import { loadOnce, OnDemand } from '../../kit/on-demand.tsx';
import { isInvitation } from '../../live/blocked-members.ts';
import { isSelf, type MemberViewer, whyNotRemove } from './member-permissions.ts';
import type { MemberActions } from './use-member-actions.tsx';

const LeaveDialog = lazy(loadOnce(() => import('./leave-dialog.tsx')));

interface MemberMenuProps {
  readonly member: MemberRecord;
  readonly viewer: MemberViewer;
  readonly actions: MemberActions;
  readonly address: string;
}

/** The actions on a member. No menu if there are only the details, which the name links to. */
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
                {isInvitation(member) ? 'Revoke invitation' : 'Remove from organization'}
              </MenuItem>
            )}
          </>
        )}
      </Menu>
      {isLeaving && (
        <OnDemand fallback={null} onFailed={() => setLeaving(false)}>
          <LeaveDialog onClose={() => setLeaving(false)} />
        </OnDemand>
      )}
    </>
  );
}
