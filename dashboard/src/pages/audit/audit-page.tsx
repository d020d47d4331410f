import { type Column, VirtualTable } from '@rollcall/react/parts';
import { CloudOff, Lock, ScrollText } from 'lucide-react';
import { useMemo } from 'react';
import { Button } from '../../kit/button.ts';
import { EmptyState, LoadingList } from '../../kit/states.tsx';
import { useNow } from '../../kit/use-now.ts';
import { useCan, useOrgStatus } from '../../live/organization.tsx';
import { PageHeader } from '../../shell/page-header.tsx';
import { useUrlValues } from '../../shell/use-url-values.ts';
import { isImport } from './audit-entry.ts';
import { AuditFilters } from './audit-filters.tsx';
import { AuditRow } from './audit-row.tsx';
import { type FilterValues, knownFilters, noFilters, searchOf } from './search-of.ts';
import { useAuditEntries } from './use-audit-entries.ts';
import './audit-page.css';

const columns: readonly Column[] = [
  { key: 'when', header: 'When' },
  { key: 'who', header: 'Who' },
  { key: 'what', header: 'What' },
  { key: 'event', header: 'Event' },
];
const template = '116px minmax(150px, 200px) minmax(0, 1fr) 190px';

/** Interval to update relative times such as "3 minutes ago". */
const redrawMs = 30_000;

export default function AuditPage() {
  const { allowed } = useCan('org:write');
  const { revision } = useOrgStatus();
  return (
    <>
      <PageHeader title="Audit log" description="Everything that happened in this organization." />
      <div className="card audit">
        {revision === null ? (
          <LoadingList label="Loading the audit log" />
        ) : allowed ? (
          <AuditLog />
        ) : (
          <EmptyState icon={Lock} title="Only managers and owners can see the audit log" />
        )}
      </div>
    </>
  );
}

function AuditLog() {
  const { values, choose } = useUrlValues(noFilters);
  const filters = useMemo(() => knownFilters(values), [values]);
  const search = useMemo(() => searchOf(filters, Date.now()), [filters]);
  const { entries, isReading, isReadingMore, error, hasMore, readOlder } = useAuditEntries(search);
  const nowMs = useNow(redrawMs);
  const isFiltered = Object.entries(noFilters).some(([key, value]) => values[key as keyof FilterValues] !== value);
  return (
    <>
      <AuditFilters values={filters} entries={entries} onChange={choose} />
      {entries.length > 0 ? (
        <VirtualTable
          label="Audit log"
          columns={columns}
          template={template}
          rows={entries}
          cardHeight={104}
          renderRow={(entry, index, measure) => <AuditRow key={entry.id} entry={entry} index={index} measure={measure} nowMs={nowMs} />}
        />
      ) : isReading ? (
        <LoadingList label="Searching the audit log" rows={5} />
      ) : error ? null : isFiltered ? (
        <EmptyState icon={ScrollText} title="No matching events" action={<Button onClick={() => choose(noFilters)}>Clear filters</Button>}>
          New events that match appear here.
        </EmptyState>
      ) : (
        <EmptyState icon={ScrollText} title="No events yet" />
      )}
      {error ? (
        <EmptyState icon={CloudOff} title="Couldn’t load older events" action={<Button onClick={readOlder}>Try again</Button>}>
          {error}
        </EmptyState>
      ) : hasMore ? (
        <div className="audit-more">
          <Button isBusy={isReadingMore} onClick={readOlder}>
            Load older events
          </Button>
        </div>
      ) : (
        entries.length > 0 &&
        !isReading && (
          <p className="audit-end">End of log.{entries.some(isImport) && ' An import is listed as one event with its totals.'}</p>
        )
      )}
    </>
  );
}
