import { serverHealthShape } from '@rollcall/protocol/rest/shapes';
import type { OperatorRoute } from './operator-route.ts';

export const healthRoutes: readonly OperatorRoute[] = [
  {
    method: 'GET',
    path: '/health/',
    scope: 'metrics:read',
    metadata: {
      tag: 'Operator',
      id: 'readHealth',
      summary: 'Retrieve the health of an instance',
      description: 'Describes the instance that responds.',
      responses: { 200: serverHealthShape },
    },
    handle: async (_request, services) => ({
      status: 200,
      body: { status: 'ok', ...(await services.operator.readHealth()), version: services.version },
    }),
  },
];
