import { auditEventNames } from '@rollcall/client';
import { Combobox } from '@rollcall/react/parts';
import { useMemo } from 'react';
import { Select } from '../../kit/field.ts';
import { useOrgState } from '../../live/organization.tsx';
import type { AuditEntry } from './audit-entry.ts';
import type { FilterValues, Period } from './search-of.ts';

const periods: readonly { readonly value: Period; readonly label: string }[] = [
  { value: 'any', label: 'Any time' },
  { value: '24h', label: 'Last 24 hours' },
  { value: '7d', label: 'Last 7 days' },
  { value: '30d', label: 'Last 30 days' },
  { value: '90d', label: 'Last 90 days' },
  { value: 'days', label: 'Custom range' },
];

const events = [{ value: '', label: 'All events' }, ...auditEventNames.toSorted().map((name) => ({ value: name, label: name }))];

interface AuditFiltersProps {
  readonly values: FilterValues;
  /** Actors are taken from these too, since they may no longer be members. */
  readonly entries: readonly AuditEntry[];
  onChange(values: FilterValues): void;
}

export function AuditFilters({ values, entries, onChange }: AuditFiltersProps) {
  const members = useOrgState((state) => state.members);
  const actors = useMemo(() => {
    const names = new Map<string, string>();
    for (const { actor } of entries) if (actor?.id) names.set(actor.id, actor.name);
    const emails = new Map<string, string | null>();
    for (const { user, name, email } of members) {
      if (!user) continue;
      names.set(user.id, name);
      if (email !== name) emails.set(user.id, email);
    }
    const options = [...names]
      .map(([value, label]) => ({ value, label, detail: emails.get(value) ?? undefined }))
      .sort((a, b) => a.label.localeCompare(b.label));
    return [{ value: '', label: 'Anyone' }, ...options];
  }, [members, entries]);
  const change = (part: Partial<FilterValues>) => onChange({ ...values, ...part });
  return (
    <div className="audit-filters">
      <Select label="Filter by event" value={values.event} options={events} onValue={(event) => change({ event })} />
      <Combobox label="Filter by person" value={values.actorId} options={actors} onValue={(actorId) => change({ actorId })} />
      <Select label="Filter by time" value={values.period} options={periods} onValue={(period) => change({ period: period as Period })} />
      {values.period === 'days' && (
        <span className="audit-days">
          <input
            type="date"
            className="rollcall-input"
            aria-label="First day"
            value={values.from}
            max={values.to || undefined}
            onChange={(event) => change({ from: event.target.value })}
          />
          <span aria-hidden>–</span>
          <input
            type="date"
            className="rollcall-input"
            aria-label="Last day"
            value={values.to}
            min={values.from || undefined}
            onChange={(event) => change({ to: event.target.value })}
          />
        </span>
      )}
    </div>
  );
}
