import { serverHealthShape } from '@rollcall/protocol/rest/shapes';
import type { OperatorRoute } from './operator-route.ts';

export const healthRoutes: readonly OperatorRoute[] = [
  {
    method: 'GET',
    path: '/health/',
    metadata: { tag: 'Operator', id: 'readHealth', summary: 'Read what this server is doing', responses: { 200: serverHealthShape } },
    handle: async (_request, services) => ({
      status: 200,
      body: { status: 'ok', ...(await services.readHealth()), version: services.version },
    }),
  },
];
