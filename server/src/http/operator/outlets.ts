import { lateOutletShape, type ResponseOf } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { listLateConsumers } from '../../read-path/queries/outlets/late-consumers.ts';
import { integerField, parseBody } from '../requests/fields.ts';
import type { Services } from '../services.ts';
import type { OperatorRequest, OperatorRoute } from './operator-route.ts';

/** A minute is longer than a receiver's slowest response with two attempts. */
const defaultBehind = 60;
/** A year. */
const behindMax = 366 * 86_400;

const querySchema = z.object({
  behind: integerField({ min: 0, max: behindMax }).describe('Minimum age of the oldest undelivered revision, in seconds. Default: 60.'),
});

/** The webhooks and integrations that are late, for the operator. */
export const outletRoutes: readonly OperatorRoute[] = [
  {
    method: 'GET',
    path: '/outlets/',
    scope: 'operator:read',
    metadata: {
      tag: 'Operator',
      id: 'listLateOutlets',
      summary: 'List the webhooks and integrations that are late',
      description:
        'Returns the webhooks and integrations of all organizations whose oldest undelivered revision is at least `behind` seconds old (default 60), latest first, at most 1,000. Disabled ones are not included.',
      responses: { 200: z.array(lateOutletShape) },
      query: querySchema.partial(),
    },
    handle: list,
  },
];

async function list({ query }: OperatorRequest, { db }: Services) {
  const { behind } = parseBody(querySchema, { behind: query.get('behind') ?? defaultBehind });
  const body: ResponseOf<typeof lateOutletShape>[] = await listLateConsumers(db, behind);
  return { status: 200, body };
}
