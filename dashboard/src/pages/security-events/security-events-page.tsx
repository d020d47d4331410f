import { type SecurityEventFilter, type SecurityEventName, securityEventNames } from '@rollcall/client';
import { type Column, VirtualTable } from '@rollcall/react/parts';
import { CloudOff, Lock, ShieldCheck } from 'lucide-react';
import { useMemo } from 'react';
import { Button } from '../../kit/button.ts';
import { Select } from '../../kit/field.ts';
import { EmptyState, LoadingList } from '../../kit/states.tsx';
import { useNow } from '../../kit/use-now.ts';
import { useCan, useOrgState, useOrgStatus } from '../../live/organization.tsx';
import { PageHeader } from '../../shell/page-header.tsx';
import { useUrlValues } from '../../shell/use-url-values.ts';
import { EventRow } from './event-row.tsx';
import { nameOfEvent, namesOf } from './event-texts.ts';
import { useSecurityEvents } from './use-security-events.ts';
import '../audit/audit-page.css';
import './security-events-page.css';

const columns: readonly Column[] = [
  { key: 'when', header: 'When' },
  { key: 'who', header: 'Who' },
  { key: 'what', header: 'What' },
  { key: 'address', header: 'Address' },
];
const template = '116px minmax(150px, 220px) minmax(0, 1fr) 190px';

/** Interval to update relative times such as "3 minutes ago". */
const redrawMs = 30_000;

const noFilters = { event: '', outcome: '', address: '' };

const events = [
  { value: '', label: 'All events' },
  ...securityEventNames
    .map((value) => ({ value: value as string, label: nameOfEvent(value) }))
    .sort((a, b) => a.label.localeCompare(b.label)),
];
const outcomes = [
  { value: '', label: 'All outcomes' },
  { value: 'success', label: 'Succeeded' },
  { value: 'failure', label: 'Failed' },
];

export default function SecurityEventsPage() {
  const { allowed } = useCan('org:admin');
  const { revision } = useOrgStatus();
  return (
    <>
      <PageHeader title="Security events" description="Logins, refused requests, tokens and changes, with the addresses they came from." />
      <div className="card audit">
        {revision === null ? (
          <LoadingList label="Loading the security events" />
        ) : allowed ? (
          <SecurityEvents />
        ) : (
          <EmptyState icon={Lock} title="Only owners can see security events" />
        )}
      </div>
    </>
  );
}

function SecurityEvents() {
  const { values, choose } = useUrlValues(noFilters);
  const filter = useMemo(() => filterOf(values), [values]);
  const { events: rows, isReading, error, hasMore, readOlder, readNewest } = useSecurityEvents(filter);
  const members = useOrgState((state) => state.members);
  const names = useMemo(() => namesOf(members), [members]);
  const nowMs = useNow(redrawMs);
  const change = (part: Partial<typeof noFilters>) => choose({ ...values, ...part });
  const isFiltered = Object.values(values).some((value) => value !== '');
  return (
    <>
      <div className="audit-filters">
        <Select label="Filter by event" value={filter.event ?? ''} options={events} onValue={(event) => change({ event })} />
        <Select label="Filter by outcome" value={filter.outcome ?? ''} options={outcomes} onValue={(outcome) => change({ outcome })} />
        <input
          className="rollcall-input"
          aria-label="Filter by address"
          placeholder="IP address"
          value={values.address}
          maxLength={45}
          onChange={({ target }) => change({ address: target.value.trim() })}
        />
        <Button isBusy={isReading && rows.length > 0} onClick={readNewest}>
          Refresh
        </Button>
      </div>
      {rows.length > 0 ? (
        <VirtualTable
          label="Security events"
          columns={columns}
          template={template}
          rows={rows}
          cardHeight={104}
          renderRow={(event, index, measure) => (
            <EventRow key={event.id} event={event} names={names} index={index} measure={measure} nowMs={nowMs} />
          )}
        />
      ) : isReading ? (
        <LoadingList label="Searching the security events" rows={5} />
      ) : error ? null : isFiltered ? (
        <EmptyState
          icon={ShieldCheck}
          title="No matching events"
          action={<Button onClick={() => choose(noFilters)}>Clear filters</Button>}
        />
      ) : (
        <EmptyState icon={ShieldCheck} title="No events yet" />
      )}
      {error ? (
        <EmptyState icon={CloudOff} title="Couldn’t load the events" action={<Button onClick={readOlder}>Try again</Button>}>
          {error}
        </EmptyState>
      ) : hasMore ? (
        <div className="audit-more">
          <Button isBusy={isReading} onClick={readOlder}>
            Load older events
          </Button>
        </div>
      ) : null}
    </>
  );
}

/** The valid filters among the values of an address, which can contain anything. */
function filterOf({ event, outcome, address }: typeof noFilters): SecurityEventFilter {
  const name = securityEventNames.find((known) => known === event) as SecurityEventName | undefined;
  return {
    ...(name && { event: name }),
    ...((outcome === 'success' || outcome === 'failure') && { outcome }),
    ...(address !== '' && { address }),
  };
}
