import type { MemberRecord } from '@rollcall/client';
import {
  isInvitation,
  loadable,
  type MemberRow,
  OnDemand,
  type Sort,
  type SortKey,
  useMemberRows,
  VirtualTable,
} from '@rollcall/react/parts';
import { UserRoundSearch } from 'lucide-react';
import { useCallback, useMemo, useState } from 'react';
import { useLocation, useParams } from 'wouter';
import { Button } from '../../kit/button.ts';
import { count } from '../../kit/count.ts';
import { SearchField } from '../../kit/search-field.tsx';
import { EmptyState, LoadingList } from '../../kit/states.tsx';
import { useOrgState, useOrgStatus } from '../../live/organization.tsx';
import { PageHeader } from '../../shell/page-header.tsx';
import { useUrlValues } from '../../shell/use-url-values.ts';
import { columnsFor, templateOf } from './member-columns.tsx';
import { MemberFilters } from './member-filters.tsx';
import { mayActOnMany } from './member-permissions.ts';
import { MemberTableRow } from './member-row.tsx';
import { ReinstateNotice } from './reinstate-notice.tsx';
import { useMemberActions } from './use-member-actions.tsx';
import { useViewer } from './use-viewer.ts';
import './members-page.css';

const BulkBar = loadable(() => import('./bulk-bar.tsx'));
const MemberPanel = loadable(() => import('./member-panel.tsx'));

/** `sort` is the key of a column, with a minus sign in front if reversed. */
const urlDefaults = { query: '', sort: 'name' };

export default function MembersPage() {
  const { org: slug, '*': rest = '' } = useParams<{ org: string; '*'?: string }>();
  const address = `/organizations/${slug}/members/`;
  const openId = rest.split('/')[1] || null;
  const [, navigate] = useLocation();
  const close = () => navigate(`${address}${location.search}`, { replace: true });
  const { loading, revision } = useOrgStatus();
  const teams = useOrgState((state) => state.teams);
  const viewer = useViewer();
  const { actions, hiddenIds, dialogs } = useMemberActions();
  const { values, choose, type } = useUrlValues(urlDefaults);
  const { query } = values;
  const sort = useMemo(() => sortOf(values.sort), [values.sort]);
  const [selectedIds, setSelectedIds] = useState<ReadonlySet<string>>(new Set());

  const { rows, found, shown, interaction } = useMemberRows(query, sort, hiddenIds);
  const isChoosing = mayActOnMany(viewer);
  const selected = useMemo(
    () => (isChoosing ? rows.filter(({ member }) => selectedIds.has(member.id)).map(({ member }) => member) : []),
    [isChoosing, rows, selectedIds],
  );
  const allTeams = useMemo(() => teams.toSorted((a, b) => (a.slug < b.slug ? -1 : 1)), [teams]);

  const select = useCallback((id: string, isSelected: boolean) => {
    setSelectedIds((before) => new Set(isSelected ? [...before, id] : [...before].filter((one) => one !== id)));
  }, []);
  const clear = useCallback(() => setSelectedIds(new Set()), []);
  const columns = useMemo(
    () =>
      columnsFor(viewer, {
        count: selected.length,
        of: found.length,
        onChange: (isSelected) => setSelectedIds(new Set(isSelected ? found.map(({ member }) => member.id) : [])),
      }),
    [viewer, selected.length, found],
  );

  return (
    <>
      <PageHeader title="Members" description={revision === null ? 'Everyone in this organization' : describeCounts(rows, found)} />
      <ReinstateNotice />
      <div className="card members" data-choosing={isChoosing || undefined} data-shows-2fa={viewer.canAdminMembers || undefined}>
        <div className="toolbar">
          <SearchField
            label="Search members"
            placeholder="Search by name or email, or try role:owner"
            value={query}
            onValue={(next) => type({ query: next })}
          />
          <MemberFilters query={query} teams={allTeams} viewer={viewer} onQuery={(next) => choose({ query: next })} />
        </div>
        {revision === null ? (
          <LoadingList label="Loading members" progress={loading} />
        ) : shown.length === 0 ? (
          <EmptyState
            icon={UserRoundSearch}
            title="No members found"
            action={<Button onClick={() => choose({ query: '' })}>Clear search</Button>}
          >
            Search matches names and emails. You can also use <code>role:</code> <code>team:</code> <code>status:</code> <code>email:</code>{' '}
            <code>scope:</code>
            {viewer.canAdminMembers && (
              <>
                {' '}
                <code>2fa:</code>
              </>
            )}
          </EmptyState>
        ) : (
          <div {...interaction}>
            <VirtualTable
              label="Members"
              columns={columns}
              template={templateOf(columns)}
              rows={shown}
              sort={sort}
              onSort={({ by, isDescending }) => choose({ sort: `${isDescending ? '-' : ''}${by}` })}
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
      {selected.length > 0 && (
        // Not closed by a failure, which would lose the selection.
        <OnDemand fallback={null}>
          <BulkBar
            selected={selected}
            text={describeSelection(selected, rows.length, found)}
            viewer={viewer}
            allTeams={allTeams}
            onClear={clear}
          />
        </OnDemand>
      )}
      {openId !== null && revision !== null && (
        <OnDemand fallback={null} onFailed={close}>
          <MemberPanel
            key={openId}
            id={openId}
            row={rows.find(({ member }) => member.id === openId) ?? null}
            viewer={viewer}
            actions={actions}
            onClose={close}
          />
        </OnDemand>
      )}
      {dialogs}
    </>
  );
}

const sortKeys: readonly string[] = ['name', 'role', 'teams', 'joined'] satisfies readonly SortKey[];

/** The sort order in an address; by name if it is invalid. */
function sortOf(text: string): Sort {
  const by = text.replace(/^-/, '');
  return sortKeys.includes(by) ? { by, isDescending: text.startsWith('-') } : { by: 'name', isDescending: false };
}

/** "All 9,981 members selected", "All 111 that match", "3 selected". */
function describeSelection(selected: readonly MemberRecord[], all: number, found: readonly MemberRow[]): string {
  const number = selected.length.toLocaleString('en');
  if (selected.length === all && all > 1) return `All ${number} members selected`;
  const ids = new Set(selected.map(({ id }) => id));
  const isWhatMatches = found.length > 1 && found.length === ids.size && found.every(({ member }) => ids.has(member.id));
  return isWhatMatches ? `All ${number} that match` : `${number} selected`;
}

/** "46 members, 3 invited"; with a search, "12 of 46 members, 1 of 3 invited". */
function describeCounts(rows: readonly MemberRow[], found: readonly MemberRow[]): string {
  const isFiltered = found.length !== rows.length;
  const matching = (number: number) => (isFiltered ? `${number.toLocaleString('en')} of ` : '');
  const invitedOf = (some: readonly MemberRow[]) => some.filter(({ member }) => isInvitation(member)).length;
  const [invited, invitedFound] = [invitedOf(rows), invitedOf(found)];
  const people = `${matching(found.length - invitedFound)}${count(rows.length - invited, 'member')}`;
  return invited === 0 ? people : `${people}, ${matching(invitedFound)}${invited.toLocaleString('en')} invited`;
}
