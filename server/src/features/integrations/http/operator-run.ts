import { findJobOrganization, jobSchema } from '../../../http/operator/job-organization.ts';
import type { OperatorRequest, OperatorRoute } from '../../../http/operator/operator-route.ts';
import { parseBody } from '../../../http/requests/fields.ts';
import type { IntegrationServices } from '../services.ts';

/** Work that runs by itself, and that the operator may start at any time. */
export const runDirectoriesRoutes: readonly OperatorRoute<IntegrationServices>[] = [
  {
    method: 'POST',
    path: '/jobs/directories/',
    scope: 'operator:admin',
    metadata: {
      tag: 'Operator',
      id: 'runDirectories',
      summary: 'Read the people and teams at providers now',
      description: 'Starts reading the directories, as every night, and returns at once.',
      responses: { 202: null },
      body: jobSchema,
    },
    handle: runDirectories,
  },
];

async function runDirectories({ body }: OperatorRequest, { db, directories }: IntegrationServices) {
  await directories.readAll(await findJobOrganization(parseBody(jobSchema, body), db));
  return { status: 202 };
}
