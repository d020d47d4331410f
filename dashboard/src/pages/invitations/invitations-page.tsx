import { InviteButton } from '@rollcall/react';
import { type Column, useInteraction, useInvitationViewer, useSteadyRows, VirtualTable } from '@rollcall/react/parts';
import { MailPlus, MailSearch } from 'lucide-react';
import { useMemo, useState } from 'react';
import { Button } from '../../kit/button.ts';
import { Select } from '../../kit/field.ts';
import { SearchField } from '../../kit/search-field.tsx';
import { EmptyState, LoadingList } from '../../kit/states.tsx';
import { useNow } from '../../kit/use-now.ts';
import { useHighlights, useOrgState, useOrgStatus } from '../../live/organization.tsx';
import { useSession } from '../../session/session.tsx';
import { PageHeader } from '../../shell/page-header.tsx';
import { useUrlValues } from '../../shell/use-url-values.ts';
import { ApproveDialog } from './approve-dialog.tsx';
import { InvitationTableRow } from './invitation-row.tsx';
import { filterInvitations, type InvitationFilter, type InvitationRow, invitationRowsOf } from './invitation-rows.ts';
import { useInvitationActions } from './use-invitation-actions.ts';
import '../../kit/list.css';
import './invitations-page.css';

const template = 'minmax(200px, 3fr) 150px minmax(80px, 1fr) minmax(80px, 1fr) 312px';

const columns: readonly Column[] = [
  { key: 'who', header: 'Who' },
  { key: 'status', header: 'Status' },
  { key: 'teams', header: 'Teams' },
  { key: 'by', header: 'Invited by' },
  { key: 'actions', header: null, label: 'Actions' },
];

const filters: readonly { readonly value: InvitationFilter; readonly label: string }[] = [
  { value: 'all', label: 'Invitations and requests' },
  { value: 'requests', label: 'Requests only' },
  { value: 'open', label: 'Pending invitations' },
  { value: 'expired', label: 'Expired invitations' },
  { value: 'own', label: 'Sent by you' },
];

const urlDefaults = { query: '', show: 'all' };

/** Interval to update relative times, which are exact to the minute. */
const tickMs = 30_000;

export default function InvitationsPage() {
  const { me } = useSession();
  const { revision, loading } = useOrgStatus();
  const invites = useOrgState((state) => state.invites);
  const teams = useOrgState((state) => state.teams);
  const teamMembers = useOrgState((state) => state.teamMembers);
  const viewer = useInvitationViewer();
  const highlights = useHighlights();
  const { actions, hiddenIds } = useInvitationActions();
  const { isInteracting, props: interaction } = useInteraction();
  const now = useNow(tickMs);
  const { values, choose, type } = useUrlValues(urlDefaults);
  const text = values.query;
  const filter = filters.find(({ value }) => value === values.show)?.value ?? 'all';
  const [approving, setApproving] = useState<InvitationRow | null>(null);

  const rows = useMemo(() => invitationRowsOf({ invites, teams, teamMembers }), [invites, teams, teamMembers]);
  const found = useMemo(() => filterInvitations(rows, { text, filter, userId: me.id, now }), [rows, text, filter, me.id, now]);
  const shown = useSteadyRows(found, `${text}|${filter}`, isInteracting, hiddenIds);
  const allTeams = useMemo(() => teams.toSorted((a, b) => (a.slug < b.slug ? -1 : 1)), [teams]);
  return (
    <>
      <PageHeader
        title="Invitations"
        description={revision === null ? 'Pending invitations and join requests' : describeCounts(rows, found)}
        actions={<InviteButton onInvited={({ id }) => highlights.expectOwn([`member:${id}`])} />}
      />
      <div className="card invitations">
        <div className="list-toolbar">
          <SearchField
            label="Search invitations"
            placeholder="Search by email or inviter"
            value={text}
            onValue={(query) => type({ query })}
          />
          <Select label="Show" value={filter} options={filters} onValue={(show) => choose({ show })} />
        </div>
        {revision === null ? (
          <LoadingList label="Loading invitations" progress={loading} />
        ) : rows.length === 0 ? (
          <EmptyState icon={MailPlus} title="No pending invitations">
            Pending invitations and join requests appear here.
          </EmptyState>
        ) : shown.length === 0 ? (
          <EmptyState
            icon={MailSearch}
            title="No invitations found"
            action={<Button onClick={() => choose(urlDefaults)}>Clear search</Button>}
          />
        ) : (
          <div {...interaction}>
            <VirtualTable
              label="Invitations"
              columns={columns}
              template={template}
              rows={shown}
              rowHeight={61}
              cardHeight={150}
              renderRow={({ row, isGone }, index, measure) => (
                <InvitationTableRow
                  key={row.id}
                  row={row}
                  index={index}
                  measure={measure}
                  isGone={isGone}
                  now={now}
                  viewer={viewer}
                  actions={actions}
                  onApprove={setApproving}
                />
              )}
            />
          </div>
        )}
      </div>
      {approving && (
        <ApproveDialog row={approving} viewer={viewer} allTeams={allTeams} actions={actions} onClose={() => setApproving(null)} />
      )}
    </>
  );
}

function describeCounts(rows: readonly InvitationRow[], found: readonly InvitationRow[]): string {
  const requestsOf = (some: readonly InvitationRow[]) => some.filter(({ isRequest }) => isRequest).length;
  const [requests, requestsFound] = [requestsOf(rows), requestsOf(found)];
  const countOf = (all: number, matching: number, noun: string) =>
    `${found.length === rows.length ? '' : `${matching.toLocaleString('en')} of `}${all.toLocaleString('en')} ${noun}${all === 1 ? '' : 's'}`;
  const invitations = countOf(rows.length - requests, found.length - requestsFound, 'invitation');
  return requests === 0 ? invitations : `${invitations}, ${countOf(requests, requestsFound, 'request')}`;
}
