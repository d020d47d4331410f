import type { TeamRecord } from '@rollcall/client';
import { RoleSelect } from '@rollcall/react';
import { isInvitation, isSelf, type MeasureRow, MemberName, type MemberRow, VirtualRow } from '@rollcall/react/parts';
import { ShieldCheck, ShieldOff } from 'lucide-react';
import { memo } from 'react';
import { ChangedBy } from '../../live/changed-by.tsx';
import { useHighlight } from '../../live/use-highlight.ts';
import { formatDate } from '../../shell/format-time.ts';
import { RecordLink } from '../../shell/record-link.tsx';
import { MemberMenu } from './member-menu.tsx';
import { type MemberViewer, mayActOnMany } from './member-permissions.ts';
import { SsoBadges } from './sso-badges.tsx';
import { TeamChips } from './team-chips.tsx';
import type { MemberActions } from './use-member-actions.tsx';

export interface RowContext {
  readonly viewer: MemberViewer;
  readonly actions: MemberActions;
  readonly allTeams: readonly TeamRecord[];
  /** The URL path of the page. The path of each member begins with it. */
  readonly address: string;
  onSelect(id: string, isSelected: boolean): void;
}

interface MemberTableRowProps extends RowContext {
  readonly row: MemberRow;
  readonly index: number;
  readonly measure: MeasureRow;
  readonly isSelected: boolean;
  /** Removed, but still shown so that no row moves under the pointer. */
  readonly isGone: boolean;
}

/** The chips that fit without a taller row. */
const chipsMax = 3;

export const MemberTableRow = memo(function MemberTableRow(props: MemberTableRowProps) {
  const { row, index, measure, isSelected, isGone, viewer, actions, allTeams, address, onSelect } = props;
  const { member, teams } = row;
  const who = member.email ?? member.name;
  const highlight = useHighlight(`member:${member.id}`);
  const isRoleNew = useHighlight(`member:${member.id}:role`) !== null;
  const areTeamsNew = useHighlight(`member:${member.id}:teams`) !== null;
  const isChoosing = mayActOnMany(viewer);
  const has2fa = member.user?.has2fa ?? false;
  return (
    <VirtualRow
      index={index}
      measure={measure}
      data-changed={highlight ? '' : undefined}
      data-selected={isSelected || undefined}
      data-gone={isGone || undefined}
      aria-selected={isChoosing ? isSelected : undefined}
      inert={isGone}
    >
      {isChoosing && (
        <td className="member-select">
          <input
            type="checkbox"
            aria-label={`Select ${who}`}
            checked={isSelected}
            onChange={(event) => onSelect(member.id, event.target.checked)}
          />
        </td>
      )}
      <MemberName
        member={member}
        name={
          <RecordLink href={`${address}${member.id}/`} aria-label={`${member.name}: details of ${who}`}>
            {member.name}
          </RecordLink>
        }
        isSelf={isSelf(viewer, member)}
        sees2fa={viewer.canAdminMembers}
        isGone={isGone}
      >
        <SsoBadges member={member} />
        <ChangedBy highlight={highlight} />
      </MemberName>
      <td className="member-role" data-changed={isRoleNew || undefined}>
        <RoleSelect member={member} onChange={(role, seen) => actions.changeRole(member, seen, role)} />
      </td>
      <td className="member-teams" data-changed={areTeamsNew || undefined}>
        <TeamChips member={member} teams={teams} allTeams={allTeams} viewer={viewer} actions={actions} shownMax={chipsMax} />
      </td>
      {viewer.canAdminMembers && (
        <td className="member-2fa">
          {!isInvitation(member) && (
            <span data-on={has2fa || undefined}>
              {has2fa ? <ShieldCheck size={15} aria-hidden /> : <ShieldOff size={15} aria-hidden />}
              <span className="member-2fa-label">2FA</span> <span>{has2fa ? 'On' : 'Off'}</span>
            </span>
          )}
        </td>
      )}
      <td className="member-joined">{formatDate(member.dateCreated)}</td>
      <td className="member-menu">
        <MemberMenu member={member} viewer={viewer} actions={actions} address={address} />
      </td>
    </VirtualRow>
  );
});
