import { apiLimits, type IpAllowListRecord } from '@rollcall/protocol';
import { ipAllowListPreviewShape, ipAllowListShape, type ResponseOf } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import type { GivenRule, IpAllowListChanges } from '../../../domain/organizations/ip-allow-list.ts';
import { previewIpAllowList, readIpAllowList, whereIs } from '../../../read-path/queries/organizations/ip-allow-list.ts';
import { updateIpAllowList } from '../../../write-path/commands/organizations/update-ip-allow-list.ts';
import { byAdmin } from '../../requests/by-admin.ts';
import {
  booleanField,
  dateTimeField,
  type FieldDescription,
  listField,
  parseFields,
  type Refuse,
  stringField,
} from '../../requests/fields.ts';
import { proxyWarning } from '../../requests/proxy-warning.ts';
import type { ApiRequest, Reply, Route } from '../../route.ts';
import { runRequestCommand } from '../../run-request-command.ts';
import type { Services } from '../../services.ts';

const path = '/organizations/:org/ip-allow-list/';

// The longest network has 43 characters. An address in another form may have a few more.
const cidrMax = 64;
const ruleFields = {
  cidr: stringField({ max: cidrMax }),
  description: stringField({ max: apiLimits.addressRuleTextMax, allowBlank: true }),
  expiresAt: dateTimeField(),
};

const ruleDescription: FieldDescription = {
  type: 'object',
  properties: {
    cidr: { type: 'string', minLength: 1, maxLength: cidrMax, description: 'An address or a network, such as `203.0.113.0/24`.' },
    description: { type: 'string', maxLength: apiLimits.addressRuleTextMax, description: 'A note for administrators.' },
    expiresAt: { type: ['string', 'null'], format: 'date-time', description: 'The rule is removed at this time.' },
  },
  required: ['cidr'],
};

const listSchema = z.object({
  isEnabled: booleanField().optional().describe('Whether callers from other addresses are refused.'),
  rules: listField(apiLimits.addressRulesMax, ruleDescription, readRule)
    .optional()
    .describe('The allowed addresses and networks, which replace the current ones.'),
});

function readRule(item: unknown, refuse: Refuse): GivenRule {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return refuse('A rule must be an object with a cidr.');
  const { cidr, description, expiresAt } = item as Readonly<Record<string, unknown>>;
  const parsed = {
    cidr: ruleFields.cidr.safeParse(cidr),
    description: ruleFields.description.safeParse(description ?? ''),
    expiresAt: expiresAt == null ? null : ruleFields.expiresAt.safeParse(expiresAt),
  };
  for (const [name, result] of Object.entries(parsed)) if (result?.error) return refuse(`${name}: ${result.error.issues[0]!.message}`);
  return {
    cidr: parsed.cidr.data!,
    description: parsed.description.data!,
    expiresAt: parsed.expiresAt && new Date(parsed.expiresAt.data!).toISOString(),
  };
}

function changesOf({ isEnabled, rules }: Partial<z.infer<typeof listSchema>>): IpAllowListChanges {
  return { isEnabled: isEnabled ?? null, rules: rules ?? null };
}

/** The list of addresses from which an organization may be reached (REST contract 13.3). */
export const ipAllowListRoutes: readonly Route[] = [
  {
    method: 'GET',
    path,
    scopes: ['org:write', 'org:admin'],
    metadata: {
      tag: 'Organizations',
      id: 'readIpAllowList',
      summary: 'Retrieve an organization’s IP allow list',
      description: 'Send the `X-Org-Revision` of the response as `If-Match` with a change of the list.',
      hasOrgRevision: true,
      responses: { 200: ipAllowListShape },
    },
    handle: read,
  },
  {
    method: 'PUT',
    path,
    ...byAdmin,
    metadata: {
      tag: 'Organizations',
      id: 'updateIpAllowList',
      summary: 'Change an organization’s IP allow list',
      description:
        '`rules` replaces all rules. While the list is on, the organization can only be reached from these addresses, which must include the caller’s own. Subscriptions from other addresses end.',
      responses: { 200: ipAllowListShape },
      body: listSchema,
    },
    handle: update,
  },
  {
    method: 'POST',
    path: `${path}preview/`,
    ...byAdmin,
    metadata: {
      tag: 'Organizations',
      id: 'previewIpAllowList',
      summary: 'Preview a change of the IP allow list',
      description: 'Returns the addresses of the open subscriptions on all instances, and how many the change would end. Changes nothing.',
      isCommand: false,
      responses: { 200: ipAllowListPreviewShape },
      body: listSchema,
    },
    handle: preview,
  },
];

function presentList(list: IpAllowListRecord, { caller }: ApiRequest, services: Services): ResponseOf<typeof ipAllowListShape> {
  const { isEnabled, rules } = list;
  const you = whereIs(list, caller.actor);
  return { isEnabled, rules, you, warning: proxyWarning(you.address, services) };
}

async function read(request: ApiRequest, services: Services): Promise<Reply> {
  const { list, orgRevision } = await readIpAllowList(services.db, request.org.id, request.caller.actor);
  return { status: 200, body: presentList(list, request, services), headers: { 'X-Org-Revision': orgRevision } };
}

async function update(request: ApiRequest, services: Services): Promise<Reply> {
  const { org, caller, body, writeContext } = request;
  const { fields, malformed } = parseFields(listSchema, body);
  return runRequestCommand(services, updateIpAllowList, {
    orgId: org.id,
    actor: caller.actor,
    input: changesOf(fields),
    malformed,
    writeContext,
    respond: async (_tx, list) => ({ status: 200, body: presentList(list, request, services) }),
  });
}

async function preview({ org, caller, body }: ApiRequest, services: Services): Promise<Reply> {
  const { fields, malformed } = parseFields(listSchema, body);
  const found = await previewIpAllowList(services, org.id, caller.actor, { changes: changesOf(fields), malformed });
  const reply: ResponseOf<typeof ipAllowListPreviewShape> = { ...found, warning: proxyWarning(found.you.address, services) };
  return { status: 200, body: reply };
}
