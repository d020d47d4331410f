import { type MeasureRow, VirtualRow } from '@rollcall/react/parts';
import { Trash2 } from 'lucide-react';
import { Badge } from '../../kit/badge.ts';
import { IconButton } from '../../kit/button.ts';
import { ChangedBy } from '../../live/changed-by.tsx';
import { useHighlight } from '../../live/use-highlight.ts';
import { formatAge, formatDate, formatDateTime } from '../../shell/format-time.ts';
import type { TokenRow } from './use-token-rows.ts';

interface TokenTableRowProps {
  readonly token: TokenRow;
  readonly index: number;
  readonly measure: MeasureRow;
  /** Absent if the viewer may not remove tokens. */
  onRemove?(): void;
}

export function TokenTableRow({ token, index, measure, onRemove }: TokenTableRowProps) {
  const highlight = useHighlight(`token:${token.id}`);
  return (
    <VirtualRow index={index} measure={measure} data-changed={highlight ? '' : undefined}>
      <th scope="row" aria-label={token.name} className="token-name">
        <strong>{token.name}</strong>
        <small>
          <code>sntrys_…{token.tokenLastCharacters}</code> <ChangedBy highlight={highlight} />
        </small>
      </th>
      <td className="token-scopes">
        {token.scopes.map((scope) => (
          <Badge key={scope}>{scope}</Badge>
        ))}
      </td>
      <td className="token-used">
        <span className="token-label">Last used: </span>
        <LastUsed iso={token.dateLastUsed} />
      </td>
      <td className="token-created" title={formatDateTime(token.dateCreated)}>
        {formatDate(token.dateCreated)}
      </td>
      <td className="token-menu">{onRemove && <IconButton icon={Trash2} label={`Remove ${token.name}`} onClick={onRemove} />}</td>
    </VirtualRow>
  );
}

function LastUsed({ iso }: { readonly iso: string | null | undefined }) {
  if (iso === undefined) return <span aria-hidden>–</span>;
  if (iso === null) return <span>Never</span>;
  return (
    <time dateTime={iso} title={formatDateTime(iso)}>
      {formatAge(Date.now() - Date.parse(iso))}
    </time>
  );
}
