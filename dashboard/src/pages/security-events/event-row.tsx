import type { RestSecurityEvent } from '@rollcall/client';
import { type MeasureRow, VirtualRow } from '@rollcall/react/parts';
import { ShieldAlert, ShieldCheck } from 'lucide-react';
import { memo } from 'react';
import { formatAge, formatDateTime } from '../../shell/format-time.ts';
import { detailsOf, nameOfCaller, nameOfEvent } from './event-texts.ts';

interface EventRowProps {
  readonly event: RestSecurityEvent;
  readonly names: ReadonlyMap<string, string>;
  readonly index: number;
  readonly measure: MeasureRow;
  /** The current time, which changes so that relative times are updated. */
  readonly nowMs: number;
}

export const EventRow = memo(function EventRow({ event, names, index, measure, nowMs }: EventRowProps) {
  const { outcome, address, dateCreated, requestId } = event;
  const who = nameOfCaller(event, names);
  const what = nameOfEvent(event.event);
  const Icon = outcome === 'success' ? ShieldCheck : ShieldAlert;
  return (
    <VirtualRow index={index} measure={measure} className="audit-row">
      <td className="audit-when">
        <time dateTime={dateCreated} title={formatDateTime(dateCreated)}>
          {formatAge(nowMs - Date.parse(dateCreated))}
        </time>
      </td>
      <td className="audit-who">
        <Icon
          className={outcome === 'success' ? 'event-success' : 'event-failure'}
          size={16}
          aria-label={outcome === 'success' ? 'Succeeded' : 'Failed'}
        />
        <span title={who}>{who}</span>
      </td>
      <th scope="row" aria-label={`${what} by ${who}`} className="audit-what" title={requestId ? `Request ${requestId}` : undefined}>
        <span>{what}</span> <span className="audit-field">{detailsOf(event, names)}</span>
      </th>
      <td className="audit-event">
        <code>{address ?? 'No address'}</code>
      </td>
    </VirtualRow>
  );
});
