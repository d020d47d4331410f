import { planDaysCeiling } from '@rollcall/protocol';
import { organizationPlanShape } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import type { OperatorRequest, OperatorRoute } from '../../../http/operator/operator-route.ts';
import { booleanField, integerField, nameField, parseFields } from '../../../http/requests/fields.ts';
import { runRequestCommand } from '../../../http/run-request-command.ts';
import type { Services } from '../../../http/services.ts';
import { updatePlan } from '../commands/update-plan.ts';
import { readPlan } from '../queries/read-retention.ts';
import { presentPlan } from './present-retention.ts';

const path = '/organizations/:org/plan/';

const planSchema = z.object({
  name: nameField({ max: 64 }).nullable().optional().describe('Name of the plan, or null.'),
  retentionDaysMax: integerField({ min: 1, max: planDaysCeiling })
    .nullable()
    .optional()
    .describe('The maximum of each retention setting, in days. Null: only `RETENTION_DAYS_MAX` applies.'),
  legalHold: booleanField().optional().describe('While it is on, no data of the organization is pruned, erased or removed.'),
});

/** The plan and the legal hold of an organization (REST contract 13.15). */
export const planRoutes: readonly OperatorRoute[] = [
  {
    method: 'GET',
    path,
    scope: 'operator:read',
    metadata: {
      tag: 'Operator',
      id: 'readPlan',
      summary: 'Retrieve an organization’s plan and retention',
      description: 'Includes the settings of the organization and the days that apply with this plan.',
      responses: { 200: organizationPlanShape },
    },
    handle: read,
  },
  {
    method: 'PUT',
    path,
    scope: 'operator:admin',
    metadata: {
      tag: 'Operator',
      id: 'updatePlan',
      summary: 'Change an organization’s plan or legal hold',
      description:
        'Absent fields stay as they are. A smaller `retentionDaysMax` keeps the organization’s settings. It takes effect after 24 hours, and the owners get a mail about that. Older data is then removed within a day. While `legalHold` is on, nothing is removed.',
      responses: { 200: organizationPlanShape },
      body: planSchema,
    },
    handle: update,
  },
];

async function read({ org }: OperatorRequest, { db, writePath }: Services) {
  return { status: 200, body: presentPlan(await readPlan(db, org.id), writePath.retentionDaysMax) };
}

async function update({ org, body, writeContext, operator }: OperatorRequest, services: Services) {
  const { fields, malformed } = parseFields(planSchema, body);
  const { name, retentionDaysMax, legalHold } = fields;
  return runRequestCommand(services, updatePlan, {
    orgId: org.id,
    actor: operator,
    input: {
      ...(name !== undefined && { planName: name }),
      ...(retentionDaysMax !== undefined && { planDaysMax: retentionDaysMax }),
      ...(legalHold !== undefined && { legalHold }),
    },
    malformed,
    writeContext,
    respond: async (_tx, retention) => ({ status: 200, body: presentPlan(retention, services.writePath.retentionDaysMax) }),
  });
}
