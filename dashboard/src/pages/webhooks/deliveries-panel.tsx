import { OrgError, type RestWebhook, type WebhookDelivery } from '@rollcall/client';
import { CloudOff, History } from 'lucide-react';
import { useCallback, useEffect, useState } from 'react';
import { Badge } from '../../kit/badge.tsx';
import { Button } from '../../kit/button.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { SelectField } from '../../kit/field.tsx';
import { EmptyState, LoadingList } from '../../kit/states.tsx';
import { explain } from '../../live/explain.ts';
import { useOrganization } from '../../live/organization.tsx';
import { formatDateTime } from '../../shell/format-time.ts';
import { nameOfWebhook } from './webhook-texts.ts';

interface DeliveriesPanelProps {
  readonly webhook: RestWebhook;
  onClose(): void;
}

const filters = [
  { value: 'all', label: 'All attempts' },
  { value: 'failed', label: 'Failed attempts' },
];
const pageSize = 25;

/** The attempts to deliver to a webhook, with request and response. */
export function DeliveriesPanel({ webhook, onClose }: DeliveriesPanelProps) {
  const [filter, setFilter] = useState('all');
  const { rows, next, error, isReading, readMore, readAgain } = useDeliveries(webhook.id, filter === 'failed');
  return (
    <Dialog title={`Deliveries of ${nameOfWebhook(webhook)}`} isPanel onClose={onClose}>
      <SelectField label="Show" value={filter} options={filters} onValue={setFilter} />
      {error ? (
        <EmptyState icon={CloudOff} title="Couldn’t load the deliveries" action={<Button onClick={readAgain}>Try again</Button>}>
          {error}
        </EmptyState>
      ) : rows === null ? (
        <LoadingList label="Loading deliveries" rows={4} />
      ) : rows.length === 0 ? (
        <EmptyState icon={History} title={filter === 'failed' ? 'No failed attempts' : 'No deliveries yet'} />
      ) : (
        <ul className="deliveries" aria-label="Deliveries">
          {rows.map((delivery) => (
            <Delivery key={delivery.id} delivery={delivery} webhook={webhook} />
          ))}
        </ul>
      )}
      {next !== null && (
        <Button isBusy={isReading} onClick={readMore}>
          Load more
        </Button>
      )}
    </Dialog>
  );
}

function Delivery({ delivery, webhook }: { readonly delivery: WebhookDelivery; readonly webhook: RestWebhook }) {
  const { type, eventId, attempt, at, ms, status, error, response, nextAttemptAt } = delivery;
  return (
    <li>
      <details>
        <summary>
          <span>{type}</span>
          <Badge tone={error === null ? 'good' : 'bad'}>{status ?? 'No response'}</Badge>
          <small>{formatDateTime(at)}</small>
        </summary>
        <h2>Request</h2>
        <pre>
          {`POST ${webhook.url}\nwebhook-id: msg_${webhook.id}_${eventId.replaceAll('.', '_')}\nwebhook-timestamp: ${Math.floor(Date.parse(at) / 1_000)}`}
        </pre>
        <p>
          Event {eventId}, attempt {attempt}, {ms.toLocaleString('en')} ms.
          {nextAttemptAt !== null && ` Next attempt on ${formatDateTime(nextAttemptAt)}.`}
        </p>
        <h2>Response</h2>
        {error !== null && <p className="field-error">{error}</p>}
        {response ? <pre>{response}</pre> : <p>{status === null ? 'There was no response.' : `Status ${status} without a body.`}</p>}
      </details>
    </li>
  );
}

interface Deliveries {
  readonly rows: readonly WebhookDelivery[] | null;
  readonly next: string | null;
  readonly error: string | null;
  readonly isReading: boolean;
}

const unread: Deliveries = { rows: null, next: null, error: null, isReading: true };

function useDeliveries(webhookId: string, isFailed: boolean) {
  const org = useOrganization();
  const [found, setFound] = useState<Deliveries>(unread);
  const read = useCallback(
    async (signal?: AbortSignal, cursor?: string) => {
      try {
        const page = await org.read.webhookDeliveries(webhookId, {
          perPage: pageSize,
          ...(isFailed && { status: 'failed' as const }),
          ...(cursor && { cursor }),
          ...(signal && { signal }),
        });
        setFound(({ rows }) => ({ rows: [...((cursor && rows) || []), ...page.rows], next: page.next, error: null, isReading: false }));
      } catch (cause) {
        if (signal?.aborted || !(cause instanceof OrgError)) return;
        setFound((before) => ({ ...before, error: explain(cause, false), isReading: false }));
      }
    },
    [org, webhookId, isFailed],
  );
  const start = useCallback(() => {
    const stop = new AbortController();
    setFound(unread);
    void read(stop.signal);
    return () => stop.abort();
  }, [read]);
  useEffect(start, [start]);
  const readMore = () => {
    setFound((before) => ({ ...before, isReading: true }));
    void read(undefined, found.next ?? undefined);
  };
  return { ...found, readMore, readAgain: () => void start() };
}
