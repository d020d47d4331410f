import { isId, OrgError } from '@rollcall/protocol';
import { securityEventRunShape } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { notFound } from '../../domain/authorize.ts';
import { readSecurityEvents } from '../../read-path/queries/audit/list-security-events.ts';
import { eventFilterFields, parseEventFilter } from '../endpoints/audit/security-events.ts';
import { integerField, parseBody } from '../requests/fields.ts';
import type { Reply } from '../route.ts';
import type { Services } from '../services.ts';
import { findNamedOrganization } from './named-organization.ts';
import type { OperatorRequest, OperatorRoute } from './operator-route.ts';

/** Some 500 KB of JSON. */
const eventsMax = 1_000;
const eventsDefault = 100;

const querySchema = z.object({
  ...eventFilterFields,
  limit: integerField({ min: 1, max: eventsMax }).describe(`The most events of the response. Default: ${eventsDefault}.`),
  after: z.string().optional().describe('Id of the last event that the reader has. Default: 0, before the oldest event.'),
  organization: z.string().optional().describe('Id, slug or external id of an organization. Default: all, and events of none.'),
});

/** The security events of the whole server (REST contract 11.2). */
export const securityEventRoutes: readonly OperatorRoute[] = [
  {
    method: 'GET',
    path: '/security-events/',
    scope: 'operator:read',
    metadata: {
      tag: 'Operator',
      id: 'readSecurityEvents',
      summary: 'Read the security events of the server',
      description:
        'Returns events with a higher id than `after`, oldest first. A reader that continues with `next` misses no event, even if several instances record them. An empty response means that there is none yet.',
      query: querySchema.partial(),
      responses: { 200: securityEventRunShape },
      errors: ['not-found'],
    },
    handle: read,
  },
];

async function read({ query }: OperatorRequest, { db }: Services): Promise<Reply> {
  const after = query.get('after') || '0';
  if (after !== '0' && !isId(after)) throw new OrgError('invalid', '', { body: { after: ['A valid id is required.'] } });
  const { limit } = parseBody(querySchema, { limit: query.get('limit') ?? eventsDefault });
  const named = query.get('organization') || null;
  const org = named === null ? null : await findNamedOrganization(db, named);
  if (named !== null && !org) throw notFound();
  const rows = await readSecurityEvents(db, { ...parseEventFilter(query), after, orgId: org?.id ?? null, limit });
  return { status: 200, body: { rows, next: rows.at(-1)?.id ?? after } };
}
