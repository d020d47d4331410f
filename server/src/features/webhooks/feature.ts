import { feature } from '../feature.ts';
import { webhookConsumer } from './delivery/webhook-consumer.ts';
import { webhookDeliveryRoutes } from './http/webhook-delivery.ts';
import { webhookRoutes } from './http/webhooks.ts';

/** Events that are sent to the servers of an organization. */
export const webhooks = feature({
  name: 'webhooks',
  routes: { tools: [...webhookRoutes, ...webhookDeliveryRoutes] },
  open: ({ writePath, outbound }) => ({
    services: {},
    consumers: [webhookConsumer({ writePath, outbound, key: writePath.keys })],
  }),
});
