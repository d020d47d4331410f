import { planDaysCeiling } from '@rollcall/protocol';
import {
  describeFields,
  type ResponseOf,
  retentionDescriptions,
  retentionPreviewShape,
  retentionShape,
} from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { integerField, parseFields } from '../../../http/requests/fields.ts';
import type { ApiRequest, Reply, Route } from '../../../http/route.ts';
import { runRequestCommand } from '../../../http/run-request-command.ts';
import type { Services } from '../../../http/services.ts';
import { updateRetention } from '../commands/update-retention.ts';
import type { RetentionChanges } from '../domain/change-retention.ts';
import { previewRetention, readRetention } from '../queries/read-retention.ts';
import { presentRetention } from './present-retention.ts';

const path = '/organizations/:org/retention/';

/** The minimum of a setting depends on the plan, so the command checks it. */
const days = () => integerField({ min: 0, max: planDaysCeiling }).nullable().optional();
const retentionSchema = z.object(
  describeFields({ auditDays: days(), historyDays: days(), deliveryDays: days(), personDays: days() }, retentionDescriptions),
);

/** The days that the data of an organization is stored (REST contract 13.15). */
export const retentionRoutes: readonly Route[] = [
  {
    method: 'GET',
    path,
    scopes: ['org:write', 'org:admin'],
    metadata: {
      tag: 'Organizations',
      id: 'readRetention',
      summary: 'Retrieve an organization’s retention',
      description: 'Send the `X-Org-Revision` of the response as `If-Match` with a change.',
      hasOrgRevision: true,
      responses: { 200: retentionShape },
    },
    handle: read,
  },
  {
    method: 'PUT',
    path,
    scopes: ['org:admin'],
    callers: 'session',
    needsRecentLogin: true,
    metadata: {
      tag: 'Organizations',
      id: 'updateRetention',
      summary: 'Change an organization’s retention',
      description:
        'Each setting is a number of days, or null for the default. Data that is older is removed within a day, unless the organization is under legal hold.',
      responses: { 200: retentionShape },
      body: retentionSchema,
    },
    handle: update,
  },
  {
    method: 'GET',
    path: `${path}preview/`,
    scopes: ['org:write', 'org:admin'],
    metadata: {
      tag: 'Organizations',
      id: 'previewRetention',
      summary: 'Count what a retention would remove',
      description:
        'Counts the data that is older than the settings in the query allow. A setting that is absent has its stored value, and `null` is the default. Counting stops at 100,000.',
      query: retentionSchema,
      responses: { 200: retentionPreviewShape },
    },
    handle: preview,
  },
];

/** Absent fields are omitted, which the schema's type cannot express. */
function changesOf(fields: Partial<z.infer<typeof retentionSchema>>): RetentionChanges {
  return fields as RetentionChanges;
}

async function read({ org, caller }: ApiRequest, { db, writePath }: Services): Promise<Reply> {
  const { retention, orgRevision } = await readRetention(db, org.id, caller.actor);
  const body = presentRetention(retention, writePath.retentionDaysMax);
  return { status: 200, body, headers: { 'X-Org-Revision': orgRevision } };
}

async function update({ org, caller, body, writeContext }: ApiRequest, services: Services): Promise<Reply> {
  const { fields, malformed } = parseFields(retentionSchema, body);
  return runRequestCommand(services, updateRetention, {
    orgId: org.id,
    actor: caller.actor,
    input: changesOf(fields),
    malformed,
    writeContext,
    respond: async (_tx, retention) => ({ status: 200, body: presentRetention(retention, services.writePath.retentionDaysMax) }),
  });
}

async function preview({ org, caller, query }: ApiRequest, { db, writePath }: Services): Promise<Reply> {
  const given = [...query].filter(([name]) => Object.hasOwn(retentionSchema.shape, name));
  const { fields, malformed } = parseFields(
    retentionSchema,
    Object.fromEntries(given.map(([name, text]) => [name, text === 'null' ? null : text])),
  );
  const daysMax = writePath.retentionDaysMax;
  const body: ResponseOf<typeof retentionPreviewShape> = await previewRetention(db, org.id, caller.actor, {
    changes: changesOf(fields),
    malformed,
    daysMax,
  });
  return { status: 200, body };
}
