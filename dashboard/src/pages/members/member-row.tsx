import { orgRoles } from '@rollcall/client';
import { memo } from 'react';
import { Avatar, Badge } from '../../kit/badge.tsx';
import { type RowPlace, VirtualRow } from '../../kit/virtual-table.tsx';
import { useHighlight } from '../../live/use-highlight.ts';
import type { MemberRow } from './member-rows.ts';

export const MemberTableRow = memo(function MemberTableRow({ row, place }: { readonly row: MemberRow; readonly place: RowPlace }) {
  const { member, teams } = row;
  const highlight = useHighlight(`member:${member.id}`);
  return (
    <VirtualRow place={place} data-changed={highlight ? '' : undefined}>
      <th scope="row" aria-label={member.email ?? member.name} className="member-name">
        <Avatar name={member.name} id={member.id} />
        <span>
          <strong>{member.name}</strong>
          <small>{member.email}</small>
        </span>
      </th>
      <td>{orgRoles[member.orgRole].name}</td>
      <td>
        {teams.map(({ team }) => (
          <Badge key={team.id}>#{team.slug}</Badge>
        ))}
      </td>
    </VirtualRow>
  );
});
