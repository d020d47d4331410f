import { findJobOrganization, jobSchema } from '../../../http/operator/job-organization.ts';
import type { OperatorRequest, OperatorRoute } from '../../../http/operator/operator-route.ts';
import { parseBody } from '../../../http/requests/fields.ts';
import type { RetentionServices } from '../services.ts';

/** Work that runs by itself, and that the operator may start at any time. */
export const runRetentionRoutes: readonly OperatorRoute<RetentionServices>[] = [
  {
    method: 'POST',
    path: '/jobs/retention/',
    scope: 'operator:admin',
    metadata: {
      tag: 'Operator',
      id: 'runRetention',
      summary: 'Remove old data now',
      description: 'Starts the daily removal of data that is older than the retention of its organization, and returns at once.',
      responses: { 202: null },
      body: jobSchema,
    },
    handle: runRetention,
  },
];

async function runRetention({ body }: OperatorRequest, { db, requestRetention }: RetentionServices) {
  await requestRetention(await findJobOrganization(parseBody(jobSchema, body), db));
  return { status: 202 };
}
