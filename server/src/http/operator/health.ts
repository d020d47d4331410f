import { aboutHealth } from './about-operator.ts';
import type { OperatorRoute } from './operator-route.ts';

export const healthRoutes: readonly OperatorRoute[] = [
  {
    method: 'GET',
    path: '/health/',
    about: aboutHealth.read,
    handle: async (_request, services) => ({
      status: 200,
      body: { status: 'ok', ...(await services.readHealth()), version: services.version },
    }),
  },
];
