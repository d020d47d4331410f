import type { AddressRule } from '@rollcall/client';
import { type MeasureRow, VirtualRow } from '@rollcall/react/parts';
import { Pencil, Trash2 } from 'lucide-react';
import { IconButton } from '../../kit/button.ts';
import { useNow } from '../../kit/use-now.ts';
import { formatDateTime, formatTimeUntil } from '../../shell/format-time.ts';

interface RuleRowProps {
  readonly rule: AddressRule;
  readonly index: number;
  readonly measure: MeasureRow;
  /** Both callbacks are absent if the viewer may not change the list. */
  onEdit?(): void;
  onRemove?(): void;
}

export function RuleRow({ rule: { cidr, description, expiresAt }, index, measure, onEdit, onRemove }: RuleRowProps) {
  return (
    <VirtualRow index={index} measure={measure}>
      <th scope="row" aria-label={cidr} className="rule-address">
        <code>{cidr}</code>
      </th>
      <td className="rule-description">{description}</td>
      <td className="rule-expires">{expiresAt === null ? <span>Never expires</span> : <Expiry iso={expiresAt} />}</td>
      <td className="rule-actions">
        {onEdit && <IconButton icon={Pencil} label={`Edit ${cidr}`} onClick={onEdit} />}
        {onRemove && <IconButton icon={Trash2} label={`Remove ${cidr}`} onClick={onRemove} />}
      </td>
    </VirtualRow>
  );
}

function Expiry({ iso }: { readonly iso: string }) {
  const now = useNow(30_000);
  return (
    <time dateTime={iso} title={formatDateTime(iso)}>
      Expires {formatTimeUntil(Date.parse(iso) - now)}
    </time>
  );
}
