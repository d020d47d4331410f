import type { MemberRecord } from '@rollcall/client';
import { isInvitation, MenuItem, MenuSeparator } from '@rollcall/react/parts';
import { LogOut, PanelRight, UserMinus } from 'lucide-react';
import { useLocation } from 'wouter';

interface MemberMenuItemsProps {
  readonly member: MemberRecord;
  readonly address: string;
  /** Null for other members, who can be removed. */
  readonly leaving: { readonly whyNot: string | null; onChoose(): void } | null;
  onRemove(): void;
}

export default function MemberMenuItems({ member, address, leaving, onRemove }: MemberMenuItemsProps) {
  const [, navigate] = useLocation();
  return (
    <>
      <MenuItem icon={PanelRight} onChoose={() => navigate(`${address}${member.id}/${location.search}`)}>
        Details
      </MenuItem>
      <MenuSeparator />
      {leaving ? (
        <MenuItem icon={LogOut} isDanger {...leaving}>
          Leave organization
        </MenuItem>
      ) : (
        <MenuItem icon={UserMinus} isDanger onChoose={onRemove}>
          {isInvitation(member) ? 'Revoke invitation' : 'Remove from organization'}
        </MenuItem>
      )}
    </>
  );
}
