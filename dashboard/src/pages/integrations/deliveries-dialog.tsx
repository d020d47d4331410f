import type { IntegrationRecord } from '@rollcall/client';
import { Badge } from '../../kit/badge.tsx';
import { Button } from '../../kit/button.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { LoadingList } from '../../kit/states.tsx';
import { explain } from '../../live/explain.ts';
import { useOrganization } from '../../live/organization.tsx';
import { useRead } from '../../live/use-read.ts';
import { formatDateTime } from '../../shell/format-time.ts';

interface DeliveriesDialogProps {
  readonly integration: IntegrationRecord;
  onClose(): void;
}

/** The latest attempts, newest first. */
export function DeliveriesDialog({ integration: { id, name }, onClose }: DeliveriesDialogProps) {
  const org = useOrganization();
  const { result, error, refresh } = useRead((options) => org.read.integrationDeliveries(id, options), org);
  return (
    <Dialog title={`Deliveries to ${name}`} isPanel onClose={onClose} actions={<Button onClick={refresh}>Refresh</Button>}>
      {error ? (
        <p role="alert">{explain(error, false)}</p>
      ) : result === null ? (
        <LoadingList label="Loading deliveries" rows={4} />
      ) : result.rows.length === 0 ? (
        <p>Nothing was sent yet.</p>
      ) : (
        <ul className="integration-deliveries">
          {result.rows.map((delivery) => (
            <li key={delivery.id}>
              {delivery.error === null ? <Badge tone="good">Sent</Badge> : <Badge tone="bad">Failed</Badge>}{' '}
              <strong>{delivery.type}</strong> <small>{formatDateTime(delivery.at)}</small>
              {delivery.error !== null && <p>{delivery.error}</p>}
            </li>
          ))}
        </ul>
      )}
    </Dialog>
  );
}
