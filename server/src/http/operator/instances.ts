import * as z from 'zod';
import { historySecondsMax } from '../../operations/instances.ts';
import { integerField, parseBody } from '../fields.ts';
import { aboutInstances } from './about-operator.ts';
import type { OperatorRequest, OperatorRoute } from './operator-route.ts';

const querySchema = z.object({ seconds: integerField({ min: 1, max: historySecondsMax }) });

export const instanceRoutes: readonly OperatorRoute[] = [
  {
    method: 'GET',
    path: '/instances/',
    about: { ...aboutInstances.list, query: querySchema.partial() },
    handle: async ({ query }: OperatorRequest, services) => {
      const { seconds } = parseBody(querySchema, { seconds: query.get('seconds') ?? historySecondsMax });
      return { status: 200, body: services.reportInstances(seconds) };
    },
  },
];
