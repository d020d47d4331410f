import { effectiveTeamRole, teamRoles } from '@rollcall/client';
import { focusNeighbor, type MeasureRow, VirtualRow } from '@rollcall/react/parts';
import { memo, useLayoutEffect, useRef, useState } from 'react';
import { Badge } from '../../kit/badge.ts';
import { Button } from '../../kit/button.ts';
import { ChangedBy } from '../../live/changed-by.tsx';
import { useHighlight } from '../../live/use-highlight.ts';
import { RecordLink } from '../../shell/record-link.tsx';
import { canAddAtOnce, type MemberViewer } from '../members/member-permissions.ts';
import type { TeamRow } from './team-rows.ts';
import type { TeamActions } from './use-team-actions.ts';

interface TeamTableRowProps {
  readonly row: TeamRow;
  readonly index: number;
  readonly measure: MeasureRow;
  readonly isGone: boolean;
  readonly isRequested: boolean;
  readonly viewer: MemberViewer;
  readonly actions: TeamActions;
  /** The URL path of the page. The path of each team begins with it. */
  readonly address: string;
}

export const TeamTableRow = memo(function TeamTableRow(props: TeamTableRowProps) {
  const { row, index, measure, isGone, isRequested, viewer, actions, address } = props;
  const { team, own, memberCount, projectCount } = row;
  const highlight = useHighlight(`team:${team.id}`);
  const nameCell = useRef<HTMLTableCellElement>(null);
  useLayoutEffect(() => {
    const element = nameCell.current?.closest('tr') ?? null;
    if (isGone && element?.contains(document.activeElement)) focusNeighbor(element);
  }, [isGone]);
  return (
    <VirtualRow index={index} measure={measure} data-changed={highlight ? '' : undefined} data-gone={isGone || undefined} inert={isGone}>
      <th ref={nameCell} scope="row" aria-label={`#${team.slug}`} className="row-name">
        <span className="row-name-line">
          <RecordLink href={`${address}${team.id}/`} aria-label={`#${team.slug}: details`}>
            #{team.slug}
          </RecordLink>
          {own && viewer.member && <Badge tone="accent">{teamRoles[effectiveTeamRole(own.teamRole, viewer.member.orgRole)].name}</Badge>}
          <ChangedBy highlight={highlight} />
        </span>
        {team.name !== team.slug && <small>{team.name}</small>}
      </th>
      <td className="row-soft">
        <Count number={memberCount} one="member" many="members" />
      </td>
      <td className="row-soft">
        <Count number={projectCount} one="project" many="projects" />
      </td>
      <td className="row-actions">
        <MembershipButton row={row} isRequested={isRequested} viewer={viewer} actions={actions} />
      </td>
    </VirtualRow>
  );
});

/** A number with its noun, which is hidden where the column has a header. */
function Count({ number, one, many }: { readonly number: number; readonly one: string; readonly many: string }) {
  return (
    <>
      {number.toLocaleString('en')}
      <span className="count-word"> {number === 1 ? one : many}</span>
    </>
  );
}

interface MembershipButtonProps {
  readonly row: TeamRow;
  readonly isRequested: boolean;
  readonly viewer: MemberViewer;
  readonly actions: TeamActions;
}

/** Joins or leaves a team, or requests to join it. */
export function MembershipButton({ row: { team, own }, isRequested, viewer, actions }: MembershipButtonProps) {
  const [isBusy, setBusy] = useState(false);
  const press = async () => {
    setBusy(true);
    await (own ? actions.leave(team) : actions.join(team));
    setBusy(false);
  };
  const isAtOnce = canAddAtOnce(viewer, team);
  const requested = isRequested && !own ? 'You’ve requested to join. A team admin, manager or owner can approve it.' : null;
  // The identity provider manages its members.
  if (team.flags['idp:provisioned']) return null;
  return (
    <Button isSmall aria-description={`#${team.slug}`} isBusy={isBusy} whyNot={requested} onClick={press}>
      {own ? 'Leave' : isAtOnce ? 'Join' : requested ? 'Requested' : 'Request to join'}
    </Button>
  );
}
