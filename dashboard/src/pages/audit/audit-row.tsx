import { type MeasureRow, VirtualRow } from '@rollcall/react/parts';
import { ArrowRight, Server } from 'lucide-react';
import { memo } from 'react';
import { Avatar } from '../../kit/badge.ts';
import { formatAge, formatDateTime } from '../../shell/format-time.ts';
import { type AuditEntry, actorNameOf, type FieldChange } from './audit-entry.ts';

interface AuditRowProps {
  readonly entry: AuditEntry;
  readonly index: number;
  readonly measure: MeasureRow;
  /** The current time, which changes so that relative times are updated. */
  readonly nowMs: number;
}

export const AuditRow = memo(function AuditRow({ entry, index, measure, nowMs }: AuditRowProps) {
  const { event, note, targetName, changes, ipAddress, dateCreated, actor } = entry;
  const who = actorNameOf(entry);
  return (
    <VirtualRow index={index} measure={measure} className="audit-row">
      <td className="audit-when">
        <time dateTime={dateCreated} title={formatDateTime(dateCreated)}>
          {formatAge(nowMs - Date.parse(dateCreated))}
        </time>
      </td>
      <td className="audit-who" title={ipAddress ? `From ${ipAddress}` : undefined}>
        {actor ? <Avatar name={who} id={actor.id ?? who} /> : <Server className="audit-server" size={16} aria-hidden />}
        <span>{who}</span>
      </td>
      <th scope="row" aria-label={`${event} by ${who}`} className="audit-what">
        {changes.length > 0 ? (
          <ul>
            {changes.map((change) => (
              <ChangeLine key={change.field} {...change} />
            ))}
          </ul>
        ) : (
          <span>{note || targetName || 'No details'}</span>
        )}
      </th>
      <td className="audit-event">
        <code>{event}</code>
      </td>
    </VirtualRow>
  );
});

function ChangeLine({ field, before, after }: FieldChange) {
  return (
    <li>
      <span className="audit-field">{field}</span>
      {before !== null && (
        <>
          <del>{before}</del>
          <ArrowRight size={13} aria-label="changed to" />
        </>
      )}
      <ins>{after}</ins>
    </li>
  );
}
