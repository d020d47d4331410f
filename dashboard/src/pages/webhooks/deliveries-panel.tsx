import type { RestWebhook, WebhookDelivery } from '@rollcall/client';
import { CloudOff, History } from 'lucide-react';
import { useState } from 'react';
import { Badge } from '../../kit/badge.ts';
import { Button } from '../../kit/button.ts';
import { Dialog } from '../../kit/dialog.ts';
import { SelectField } from '../../kit/field.ts';
import { EmptyState, LoadingList } from '../../kit/states.tsx';
import { useOrganization } from '../../live/organization.tsx';
import { usePages } from '../../live/use-pages.ts';
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
  const org = useOrganization();
  const { rows, next, error, isReading, readMore, readAgain } = usePages(
    (options) =>
      org.read.webhookDeliveries(webhook.id, { perPage: pageSize, ...(filter === 'failed' && { status: 'failed' }), ...options }),
    org,
    webhook.id,
    filter,
  );
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
        {error !== null && <p className="rollcall-field-error">{error}</p>}
        {response ? <pre>{response}</pre> : <p>{status === null ? 'There was no response.' : `Status ${status} without a body.`}</p>}
      </details>
    </li>
  );
}
