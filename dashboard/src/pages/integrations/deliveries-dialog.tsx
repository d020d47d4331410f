import type { IntegrationRecord } from '@rollcall/client';
import { Badge } from '../../kit/badge.ts';
import { Button } from '../../kit/button.ts';
import { Dialog } from '../../kit/dialog.ts';
import { LoadingList } from '../../kit/states.tsx';
import { useOrganization } from '../../live/organization.tsx';
import { usePages } from '../../live/use-pages.ts';
import { formatDateTime } from '../../shell/format-time.ts';

interface DeliveriesDialogProps {
  readonly integration: IntegrationRecord;
  onClose(): void;
}

const pageSize = 25;

/** The attempts, newest first. */
export function DeliveriesDialog({ integration: { id, name }, onClose }: DeliveriesDialogProps) {
  const org = useOrganization();
  const { rows, next, error, isReading, readMore, readAgain } = usePages(
    (options) => org.read.integrationDeliveries(id, { perPage: pageSize, ...options }),
    org,
    id,
  );
  return (
    <Dialog title={`Deliveries to ${name}`} isPanel onClose={onClose} actions={<Button onClick={readAgain}>Refresh</Button>}>
      {error ? (
        <p role="alert">{error}</p>
      ) : rows === null ? (
        <LoadingList label="Loading deliveries" rows={4} />
      ) : rows.length === 0 ? (
        <p>Nothing has been sent yet.</p>
      ) : (
        <ul className="integration-deliveries">
          {rows.map((delivery) => (
            <li key={delivery.id}>
              {delivery.error === null ? <Badge tone="good">Sent</Badge> : <Badge tone="bad">Failed</Badge>}{' '}
              <strong>{delivery.type}</strong> <small>{formatDateTime(delivery.at)}</small>
              {delivery.error !== null && <p>{delivery.error}</p>}
            </li>
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
