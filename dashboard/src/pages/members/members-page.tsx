import { UserRoundSearch } from 'lucide-react';
import { lazy, useCallback, useDeferredValue, useEffect, useMemo, useRef, useState } from 'react';
import { useLocation, useParams } from 'wouter';
import { Button } from '../../kit/button.tsx';
import { loadOnce, OnDemand } from '../../kit/on-demand.tsx';
import { SearchField } from '../../kit/search-field.tsx';
import { EmptyState, LoadingList } from '../../kit/states.tsx';
import { useHeld } from '../../kit/use-held.ts';
import { useSteadyRows } from '../../kit/use-steady-rows.ts';
import { type Column, type Sort, VirtualTable } from '../../kit/virtual-table.tsx';
import { useOrgState, useOrgStatus } from '../../live/organization.tsx';
import { PageHeader } from '../../shell/page-header.tsx';
import { MemberFilters } from './member-filters.tsx';
import { MemberTableRow } from './member-row.tsx';
import { rowsOf, type SortKey, searchRows, sortRows } from './member-rows.ts';
import { useMemberActions } from './use-member-actions.tsx';
import { useViewer } from './use-viewer.ts';
import './members-page.css';

const BulkBar = lazy(loadOnce(() => import('./bulk-bar.tsx')));
const MemberPanel = lazy(loadOnce(() => import('./member-panel.tsx')));

const template = '20px minmax(200px, 2.2fr) 132px minmax(150px, 2fr) 64px 104px 34px';

export default function MembersPage() {
  const { org: slug, '*': rest = '' } = useParams<{ org: string; '*'?: string }>();
  const address = `/organizations/${slug}/members/`;
  const openId = rest.split('/')[1] || null;
  const [, navigate] = useLocation();
  const close = () => navigate(address, { replace: true });
  const { loading, revision } = useOrgStatus();
  const members = useOrgState((state) => state.members);
  const invites = useOrgState((state) => state.invites);
  const teams = useOrgState((state) => state.teams);
  const teamMembers = useOrgState((state) => state.teamMembers);
  const viewer = useViewer();
  const { actions, hiddenIds, conflict } = useMemberActions();
  const { isHeld, props: held } = useHeld();
  const [query, setQuery] = useState('');
  const [sort, setSort] = useState<Sort>({ by: 'name', isDescending: false });
  const [selectedIds, setSelectedIds] = useState<ReadonlySet<string>>(new Set());

  const rows = useMemo(() => rowsOf({ members, invites, teams, teamMembers }), [members, invites, teams, teamMembers]);
  // The field shows each letter at once; ten thousand rows follow when there is time.
  const searched = useDeferredValue(query);
  // In this order, so that a letter makes nobody sort.
  const sorted = useMemo(() => sortRows(rows, sort.by as SortKey, sort.isDescending), [rows, sort]);
  const found = useMemo(() => searchRows(sorted, searched), [sorted, searched]);
  const shown = useSteadyRows(found, `${searched}|${sort.by}|${sort.isDescending}`, isHeld, hiddenIds);
  const selected = useMemo(() => rows.filter(({ member }) => selectedIds.has(member.id)).map(({ member }) => member), [rows, selectedIds]);
  const allTeams = useMemo(() => teams.toSorted((a, b) => (a.slug < b.slug ? -1 : 1)), [teams]);

  const select = useCallback((id: string, isSelected: boolean) => {
    setSelectedIds((before) => new Set(isSelected ? [...before, id] : [...before].filter((one) => one !== id)));
  }, []);
  const clear = useCallback(() => setSelectedIds(new Set()), []);
  const columns = useMemo<readonly Column[]>(() => {
    const selectAll = (isSelected: boolean) => setSelectedIds(new Set(isSelected ? found.map(({ member }) => member.id) : []));
    return [
      { key: 'select', header: <SelectAll count={selected.length} of={found.length} onChange={selectAll} /> },
      { key: 'name', header: 'Member', isSortable: true },
      { key: 'role', header: 'Role', isSortable: true },
      { key: 'teams', header: 'Teams', isSortable: true },
      { key: '2fa', header: '2FA' },
      { key: 'joined', header: 'Since', isSortable: true },
      { key: 'menu', header: null, label: 'Actions' },
    ];
  }, [selected.length, found]);

  return (
    <>
      <PageHeader
        title="Members"
        description={revision === null ? 'Everybody in this organization' : countWords(members.length, invites.length)}
      />
      <div className="card members">
        {selected.length > 0 ? (
          <OnDemand meanwhile={null} onFailed={clear}>
            <BulkBar selected={selected} viewer={viewer} allTeams={allTeams} onClear={clear} />
          </OnDemand>
        ) : (
          <div className="toolbar">
            <SearchField label="Search members" placeholder="Search, or role:owner" value={query} onValue={setQuery} />
            <MemberFilters query={query} teams={allTeams} onQuery={setQuery} />
          </div>
        )}
        {revision === null ? (
          <LoadingList label="Loading the members" progress={loading} />
        ) : shown.length === 0 ? (
          <EmptyState
            icon={UserRoundSearch}
            title="Nobody matches this search"
            action={<Button onClick={() => setQuery('')}>Clear the search</Button>}
          >
            Free text looks at names and addresses. Filters are <code>role:</code> <code>team:</code> <code>has2fa:</code>{' '}
            <code>isInvited:</code> <code>scope:</code> <code>email:</code>
          </EmptyState>
        ) : (
          <div {...held}>
            <VirtualTable
              label="Members"
              columns={columns}
              template={template}
              rows={shown}
              sort={sort}
              onSort={setSort}
              renderRow={({ row, isGone }, index, measure) => (
                <MemberTableRow
                  key={row.member.id}
                  row={row}
                  index={index}
                  measure={measure}
                  isGone={isGone}
                  isSelected={selectedIds.has(row.member.id)}
                  viewer={viewer}
                  actions={actions}
                  allTeams={allTeams}
                  address={address}
                  onSelect={select}
                />
              )}
            />
          </div>
        )}
      </div>
      {openId !== null && revision !== null && (
        <OnDemand meanwhile={null} onFailed={close}>
          <MemberPanel row={rows.find(({ member }) => member.id === openId) ?? null} viewer={viewer} actions={actions} onClose={close} />
        </OnDemand>
      )}
      {conflict}
    </>
  );
}

function countWords(members: number, invites: number): string {
  const people = `${members.toLocaleString('en')} ${members === 1 ? 'person' : 'people'}`;
  return invites === 0 ? people : `${people}, ${invites.toLocaleString('en')} invited`;
}

interface SelectAllProps {
  readonly count: number;
  readonly of: number;
  onChange(isSelected: boolean): void;
}

function SelectAll({ count, of, onChange }: SelectAllProps) {
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => {
    box.current!.indeterminate = count > 0 && count < of;
  }, [count, of]);
  return (
    <input
      ref={box}
      type="checkbox"
      aria-label="Select all that are found"
      checked={count > 0 && count >= of}
      onChange={(event) => onChange(event.target.checked)}
    />
  );
}
