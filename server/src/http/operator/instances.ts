import { instancesShape } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { historySecondsMax } from '../../operations/instances.ts';
import { integerField, parseBody } from '../requests/fields.ts';
import type { OperatorRequest, OperatorRoute } from './operator-route.ts';

const querySchema = z.object({
  seconds: integerField({ min: 1, max: historySecondsMax }).describe('Age of the oldest sample in seconds. Default: 900.'),
});

export const instanceRoutes: readonly OperatorRoute[] = [
  {
    method: 'GET',
    path: '/instances/',
    scope: 'metrics:read',
    metadata: {
      tag: 'Operator',
      id: 'listInstances',
      summary: 'List the server’s instances',
      description:
        'Returns all instances that share one Redis, each with its samples of the last `seconds` seconds (default 900). A stopped instance disappears within 10 seconds.',
      responses: { 200: instancesShape },
      query: querySchema.partial(),
    },
    handle: async ({ query }: OperatorRequest, services) => {
      const { seconds } = parseBody(querySchema, { seconds: query.get('seconds') ?? historySecondsMax });
      return { status: 200, body: services.operator.reportInstances(seconds) };
    },
  },
];
