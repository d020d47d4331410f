import type { integrationDeliveryShape, ResponseOf, webhookDeliveryShape } from '@rollcall/protocol/rest/shapes';
import { listDeliveries, type StoredDelivery } from '../../read-path/queries/outlets/list-deliveries.ts';
import type { ApiRequest, Reply } from '../route.ts';
import type { Services } from '../services.ts';
import { paginateByDate } from './pagination.ts';

/**
 * A page of the deliveries of a webhook or an integration, newest first.
 * @param consumer its name in `log_consumers`
 */
export async function pageDeliveries(
  request: ApiRequest,
  services: Services,
  consumer: string,
  { isFailed }: { readonly isFailed: boolean },
): Promise<Reply> {
  return paginateByDate(
    request,
    services,
    (window) => listDeliveries(services.db, { orgId: request.org.id, consumer }, { isFailed }, window),
    ({ at }) => Date.parse(at),
    (rows: readonly StoredDelivery[]): readonly (ResponseOf<typeof webhookDeliveryShape> & ResponseOf<typeof integrationDeliveryShape>)[] =>
      rows,
  );
}
