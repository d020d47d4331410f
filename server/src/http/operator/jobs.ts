import * as z from 'zod';
import { notFound } from '../../domain/authorize.ts';
import { findOrganization } from '../../read-path/queries/organizations/find-organization.ts';
import { parseBody } from '../requests/fields.ts';
import type { Services } from '../services.ts';
import type { OperatorRequest, OperatorRoute } from './operator-route.ts';

const bodySchema = z.object({ organization: z.string().optional().describe('The slug or the id. Default: all organizations.') });

/** Daily jobs, which the operator may run at any time. */
export const jobRoutes: readonly OperatorRoute[] = [
  {
    method: 'POST',
    path: '/jobs/retention/',
    metadata: {
      tag: 'Operator',
      id: 'runRetention',
      summary: 'Remove old data now',
      description: 'Starts the daily removal of data that is older than the retention of its organization, and returns at once.',
      responses: { 202: null },
      errors: ['not-found'],
      body: bodySchema,
    },
    handle: runRetention,
  },
];

async function runRetention({ body }: OperatorRequest, { db, requestRetention }: Services) {
  const { organization } = parseBody(bodySchema, body);
  const org = organization === undefined ? null : await findOrganization(db, organization);
  if (organization !== undefined && !org) throw notFound();
  await requestRetention(org?.id ?? null);
  return { status: 202 };
}
