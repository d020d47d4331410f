import type { MemberRecord } from '@rollcall/client';
import { focusNeighbor, isSelf, loadable, Menu, OnDemand } from '@rollcall/react/parts';
import { Ellipsis } from 'lucide-react';
import { useRef, useState } from 'react';
import { type MemberViewer, whyNotRemove } from './member-permissions.ts';
import type { MemberActions } from './use-member-actions.tsx';

const MemberMenuItems = loadable(() => import('./member-menu-items.tsx'));
const LeaveDialog = loadable(() => import('./leave-dialog.tsx'));

interface MemberMenuProps {
  readonly member: MemberRecord;
  readonly viewer: MemberViewer;
  readonly actions: MemberActions;
  readonly address: string;
}

/** The actions on a member. No menu if there are only the details, which the name links to. */
export function MemberMenu({ member, viewer, actions, address }: MemberMenuProps) {
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
        loadFirst={MemberMenuItems.load}
        trigger={
          <button ref={button} type="button" className="rollcall-icon-button" aria-label={`Actions for ${who}`}>
            <Ellipsis size={16} aria-hidden />
          </button>
        }
      >
        {() => (
          <MemberMenuItems
            member={member}
            address={address}
            leaving={isOwn ? { whyNot, onChoose: () => setLeaving(true) } : null}
            onRemove={remove}
          />
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
