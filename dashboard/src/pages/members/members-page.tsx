import { UserRoundSearch } from 'lucide-react';
import { useDeferredValue, useMemo, useState } from 'react';
import { SearchField } from '../../kit/search-field.tsx';
import { EmptyState, LoadingList } from '../../kit/states.tsx';
import { type Column, type Sort, VirtualTable } from '../../kit/virtual-table.tsx';
import { useOrgState, useOrgStatus } from '../../live/organization.tsx';
import { PageHeader } from '../../shell/page-header.tsx';
import { MemberTableRow } from './member-row.tsx';
import { rowsOf, type SortKey, searchRows, sortRows } from './member-rows.ts';
import './members-page.css';

const columns: readonly Column[] = [
  { key: 'name', header: 'Member', isSortable: true },
  { key: 'role', header: 'Role', isSortable: true },
  { key: 'teams', header: 'Teams', isSortable: true },
];

export default function MembersPage() {
  const { loading, revision } = useOrgStatus();
  const members = useOrgState((state) => state.members);
  const invites = useOrgState((state) => state.invites);
  const teams = useOrgState((state) => state.teams);
  const teamMembers = useOrgState((state) => state.teamMembers);
  const [query, setQuery] = useState('');
  const [sort, setSort] = useState<Sort>({ by: 'name', isDescending: false });
  const rows = useMemo(() => rowsOf({ members, invites, teams, teamMembers }), [members, invites, teams, teamMembers]);
  const searched = useDeferredValue(query);
  const found = useMemo(() => sortRows(searchRows(rows, searched), sort.by as SortKey, sort.isDescending), [rows, searched, sort]);
  const isLoading = revision === null;
  return (
    <>
      <PageHeader
        title="Members"
        description={isLoading ? 'Everybody in this organization' : `${members.length} people, ${invites.length} invited`}
      />
      <div className="card">
        <div className="toolbar">
          <SearchField label="Search members" placeholder="Name, e-mail, role:owner, has2fa:false" value={query} onValue={setQuery} />
        </div>
        {isLoading ? (
          <LoadingList label="Loading the members" progress={loading} />
        ) : found.length === 0 ? (
          <EmptyState icon={UserRoundSearch} title="Nobody matches" />
        ) : (
          <VirtualTable
            label="Members"
            columns={columns}
            template="minmax(0, 2fr) 150px minmax(0, 2fr)"
            rows={found}
            sort={sort}
            onSort={setSort}
            keyOf={({ member }) => member.id}
            renderRow={(row, place) => <MemberTableRow key={row.member.id} row={row} place={place} />}
          />
        )}
      </div>
    </>
  );
}
