import { instancesShape } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { historySecondsMax } from '../../operations/instances.ts';
import { integerField, parseBody } from '../fields.ts';
import type { OperatorRequest, OperatorRoute } from './operator-route.ts';

const querySchema = z.object({ seconds: integerField({ min: 1, max: historySecondsMax }) });

export const instanceRoutes: readonly OperatorRoute[] = [
  {
    method: 'GET',
    path: '/instances/',
    metadata: {
      tag: 'Operator',
      id: 'listInstances',
      summary: 'List the instances, with how each of them is and was',
      description:
        'All that share one Redis, whichever answers; those that are gone vanish within 10 s. `seconds` is how far back, 900 when absent.',
      responses: { 200: instancesShape },
      query: querySchema.partial(),
    },
    handle: async ({ query }: OperatorRequest, services) => {
      const { seconds } = parseBody(querySchema, { seconds: query.get('seconds') ?? historySecondsMax });
      return { status: 200, body: services.reportInstances(seconds) };
    },
  },
];
