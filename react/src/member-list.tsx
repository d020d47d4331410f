import type { MemberRecord } from '@rollcall/client';
import { OrganizationProvider, useMe, useOrganizationRecord, useStatus } from '@rollcall/client/react';
import { memo, useState } from 'react';
import { isEnded } from './access-ended.ts';
import { MemberName } from './member-name.tsx';
import type { MemberRow } from './member-rows.ts';
import { LoadingList } from './parts/loading-list.tsx';
import { type Column, type MeasureRow, type Sort, VirtualRow, VirtualTable } from './parts/virtual-table.tsx';
import { isSelf } from './role-permissions.ts';
import { RoleSelect } from './role-select.tsx';
import { useMemberRows } from './use-member-rows.ts';

export interface MemberListProps {
  /** A slug or an id. Defaults to the organization of the nearest `OrganizationProvider`. */
  readonly organization?: string;
  /** Makes each name a button. */
  readonly onSelect?: (member: MemberRecord) => void;
}

type OnSelect = ((member: MemberRecord) => void) | undefined;

const columns: readonly Column[] = [
  { key: 'name', header: 'Member', isSortable: true },
  { key: 'role', header: 'Role', isSortable: true },
];
const template = 'minmax(0, 1fr) 132px';
const rowHeight = 57;

/** The members and invitations of an organization, with search and roles. */
export function MemberList({ organization, onSelect }: MemberListProps) {
  const list = <List onSelect={onSelect} />;
  if (organization === undefined) return list;
  return <OrganizationProvider name={organization}>{list}</OrganizationProvider>;
}

/** No row moves while the pointer or the focus is in the table. */
function List({ onSelect }: { readonly onSelect: OnSelect }) {
  const { phase, loading } = useStatus();
  const hasState = useOrganizationRecord() !== null;
  const viewer = { member: useMe() };
  const [query, setQuery] = useState('');
  const [sort, setSort] = useState<Sort>({ by: 'name', isDescending: false });
  const { shown, interaction, sees2fa } = useMemberRows(query, sort);
  if (!hasState) {
    return (
      <div className="rollcall-members" role="status">
        {isEnded(phase) ? (
          <p className="rollcall-empty">You don’t have access to these members.</p>
        ) : (
          <LoadingList label="Loading members" progress={loading} />
        )}
      </div>
    );
  }
  return (
    <div className="rollcall-members">
      <div className="rollcall-toolbar">
        <input
          type="search"
          className="rollcall-input"
          aria-label="Search members"
          placeholder="Search by name or email"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
          spellCheck={false}
          autoComplete="off"
        />
      </div>
      {shown.length === 0 ? (
        <p className="rollcall-empty" role="status">
          No members found
        </p>
      ) : (
        <div {...interaction}>
          <VirtualTable
            label="Members"
            columns={columns}
            template={template}
            rows={shown}
            rowHeight={rowHeight}
            cardHeight={rowHeight}
            sort={sort}
            onSort={setSort}
            renderRow={({ row, isGone }, index, measure) => (
              <Row
                key={row.id}
                row={row}
                index={index}
                measure={measure}
                isSelf={isSelf(viewer, row.member)}
                sees2fa={sees2fa}
                isGone={isGone}
                onSelect={onSelect}
              />
            )}
          />
        </div>
      )}
    </div>
  );
}

interface RowProps {
  readonly row: MemberRow;
  readonly index: number;
  readonly measure: MeasureRow;
  readonly isSelf: boolean;
  readonly sees2fa: boolean;
  readonly isGone: boolean;
  readonly onSelect: OnSelect;
}

const Row = memo(function Row({ row: { member }, index, measure, isSelf: isOwn, sees2fa, isGone, onSelect }: RowProps) {
  const name = onSelect ? (
    <button type="button" className="rollcall-member-button" onClick={() => onSelect(member)}>
      {member.name}
    </button>
  ) : (
    <strong>{member.name}</strong>
  );
  return (
    <VirtualRow index={index} measure={measure} data-gone={isGone || undefined} inert={isGone}>
      <MemberName member={member} name={name} isSelf={isOwn} sees2fa={sees2fa} isGone={isGone} />
      <td>
        <RoleSelect member={member} />
      </td>
    </VirtualRow>
  );
});
