import * as z from 'zod';
import { invalidFields } from '../../domain/field-errors.ts';
import { findOrganization } from '../../read-path/queries/organizations/find-organization.ts';
import { isStorable } from '../../runtime/storable-text.ts';
import { parseBody, rawStringField } from '../requests/fields.ts';
import type { Services } from '../services.ts';
import type { OperatorRequest, OperatorRoute } from './operator-route.ts';

const jobSchema = z.object({ organization: rawStringField().optional().describe('The slug or the id. Default: all organizations.') });

/** Work that runs by itself, and that the operator may start at any time. */
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
      body: jobSchema,
    },
    handle: runRetention,
  },
  {
    method: 'POST',
    path: '/jobs/directories/',
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

async function runRetention({ body }: OperatorRequest, { db, requestRetention }: Services) {
  await requestRetention(await organizationOf(parseBody(jobSchema, body), db));
  return { status: 202 };
}

async function runDirectories({ body }: OperatorRequest, { db, directories }: Services) {
  await directories.readAll(await organizationOf(parseBody(jobSchema, body), db));
  return { status: 202 };
}

/** Null for all organizations. @throws OrgError `invalid` */
async function organizationOf({ organization }: z.infer<typeof jobSchema>, db: Services['db']): Promise<string | null> {
  if (organization === undefined) return null;
  const found = isStorable(organization) ? await findOrganization(db, organization) : null;
  if (!found) throw invalidFields({ organization: [`There is no organization "${organization}".`] });
  return found.id;
}
