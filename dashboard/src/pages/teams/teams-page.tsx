import { type Column, useInteraction, useSteadyRows, VirtualTable } from '@rollcall/react/parts';
import { Plus, SearchX, UsersRound } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useLocation, useParams } from 'wouter';
import { Button } from '../../kit/button.ts';
import { SearchField } from '../../kit/search-field.tsx';
import { EmptyState, LoadingList } from '../../kit/states.tsx';
import { useCan, useOrgState, useOrgStatus, useOwnMember } from '../../live/organization.tsx';
import { PageHeader } from '../../shell/page-header.tsx';
import { useUrlValues } from '../../shell/use-url-values.ts';
import { useViewer } from '../members/use-viewer.ts';
import { AccessRequests } from './access-requests.tsx';
import { CreateTeamDialog } from './create-team-dialog.tsx';
import { TeamPanel } from './team-panel.tsx';
import { TeamTableRow } from './team-row.tsx';
import { searchTeams, type TeamRow, teamRowsOf } from './team-rows.ts';
import { useAccessRequests } from './use-access-requests.ts';
import { useTeamActions } from './use-team-actions.ts';
import '../../kit/list.css';
import './teams-page.css';

const columns: readonly Column[] = [
  { key: 'team', header: 'Team' },
  { key: 'members', header: 'Members' },
  { key: 'projects', header: 'Projects' },
  { key: 'actions', header: null, label: 'Your membership' },
];

const urlDefaults = { query: '' };

export default function TeamsPage() {
  const { org: slug, '*': rest = '' } = useParams<{ org: string; '*'?: string }>();
  const address = `/organizations/${slug}/teams/`;
  const openId = rest.split('/')[1] || null;
  const [, navigate] = useLocation();
  const { loading, revision } = useOrgStatus();
  const teams = useOrgState((state) => state.teams);
  const teamMembers = useOrgState((state) => state.teamMembers);
  const projectTeams = useOrgState((state) => state.projectTeams);
  const members = useOrgState((state) => state.members);
  const me = useOwnMember();
  const viewer = useViewer();
  const { allowed: canCreate } = useCan(['org:write', 'org:admin', 'team:write']);
  const { actions, requestedIds } = useTeamActions();
  const { requests, refresh } = useAccessRequests(viewer);
  const { isInteracting, props: interaction } = useInteraction();
  const { values, choose, type } = useUrlValues(urlDefaults);
  const text = values.query;
  const [isCreating, setCreating] = useState(false);

  const activeIds = useMemo(() => new Set(members.map(({ id }) => id)), [members]);
  const ownId = me?.id ?? null;
  const rows = useMemo(
    () => teamRowsOf({ teams, teamMembers, projectTeams }, ownId, activeIds),
    [teams, teamMembers, projectTeams, ownId, activeIds],
  );
  const found = useMemo(() => searchTeams(rows, text), [rows, text]);
  const shown = useSteadyRows(found, text, isInteracting);
  const createButton = canCreate && (
    <Button variant="primary" icon={Plus} onClick={() => setCreating(true)}>
      Create team
    </Button>
  );
  return (
    <>
      <PageHeader
        title="Teams"
        description={rows.length === 0 ? 'Groups of people who work on projects together' : describeCounts(rows, found)}
        actions={createButton}
      />
      <AccessRequests requests={requests} actions={actions} onDecided={refresh} />
      <div className="card teams">
        {revision !== null && rows.length > 0 && (
          <div className="list-toolbar">
            <SearchField label="Search teams" placeholder="Search by slug or name" value={text} onValue={(query) => type({ query })} />
          </div>
        )}
        {revision === null ? (
          <LoadingList label="Loading teams" progress={loading} />
        ) : rows.length === 0 ? (
          <EmptyState icon={UsersRound} title="No teams yet">
            A team gives its members access to its projects.{' '}
            {canCreate ? 'Create the first one.' : 'Admins, managers and owners can create teams.'}
          </EmptyState>
        ) : shown.length === 0 ? (
          <EmptyState icon={SearchX} title="No teams found" action={<Button onClick={() => choose({ query: '' })}>Clear search</Button>} />
        ) : (
          <div {...interaction}>
            <VirtualTable
              label="Teams"
              columns={columns}
              template="minmax(180px, 2fr) 130px 130px 150px"
              rows={shown}
              cardHeight={96}
              renderRow={({ row, isGone }, index, measure) => (
                <TeamTableRow
                  key={row.id}
                  row={row}
                  index={index}
                  measure={measure}
                  isGone={isGone}
                  isRequested={requestedIds.has(row.id)}
                  viewer={viewer}
                  actions={actions}
                  address={address}
                />
              )}
            />
          </div>
        )}
      </div>
      {isCreating && <CreateTeamDialog actions={actions} onClose={() => setCreating(false)} />}
      {openId !== null && revision !== null && (
        <TeamPanel
          key={openId}
          id={openId}
          row={rows.find(({ id }) => id === openId) ?? null}
          isRequested={requestedIds.has(openId)}
          viewer={viewer}
          actions={actions}
          onClose={() => navigate(`${address}${location.search}`, { replace: true })}
        />
      )}
    </>
  );
}

/** "6 teams · you’re in 2"; with a search, "1 of 6 teams". */
function describeCounts(rows: readonly TeamRow[], found: readonly TeamRow[]): string {
  const all = `${rows.length.toLocaleString('en')} ${rows.length === 1 ? 'team' : 'teams'}`;
  if (found.length !== rows.length) return `${found.length.toLocaleString('en')} of ${all}`;
  return `${all} · you’re in ${rows.filter(({ own }) => own !== null).length.toLocaleString('en')}`;
}
