import * as z from 'zod';
import { integerField, parseBody } from '../../../http/requests/fields.ts';
import type { ApiRequest } from '../../../http/route.ts';
import { scimLimits } from '../limits.ts';
import type { ScimPage, ScimWindow } from '../queries/scim-page.ts';

/** The pages of a SCIM list (RFC 7644, section 3.4.2.4). */

const listSchema = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';

const startIndexMax = Number.MAX_SAFE_INTEGER;

export const listQuery = z.object({
  startIndex: integerField({ min: 1, max: startIndexMax }).optional().describe('Position of the first result. Default: 1.'),
  count: integerField({ min: 0 })
    .optional()
    .describe(`Number of results per page, at most ${scimLimits.pageItems.value}. With \`0\`, the response has only the total.`),
  filter: z.string().optional().describe('Up to five conditions with `eq`, joined by `and`.'),
});

/** @throws OrgError `invalid` */
export function readWindow({ query }: Pick<ApiRequest, 'query'>): ScimWindow {
  const given = Object.fromEntries(['startIndex', 'count'].flatMap((name) => (query.has(name) ? [[name, query.get(name)]] : [])));
  const { startIndex = 1, count = scimLimits.pageItems.value } = parseBody(listQuery.omit({ filter: true }), given);
  return { offset: startIndex - 1, limit: Math.min(count, scimLimits.pageItems.value) };
}

export function presentList<Item>({ total, items }: ScimPage<unknown>, { offset }: ScimWindow, resources: readonly Item[]) {
  return { schemas: [listSchema], totalResults: total, startIndex: offset + 1, itemsPerPage: items.length, Resources: [...resources] };
}
