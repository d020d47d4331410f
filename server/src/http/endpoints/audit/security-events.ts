import { OrgError, securityEventNames, securityEventOutcomes } from '@rollcall/protocol';
import { securityEventListShape } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { listSecurityEvents } from '../../../read-path/queries/audit/list-security-events.ts';
import { authorizeReader } from '../../../read-path/queries/authorized-reader.ts';
import { paginateByDate } from '../../responses/pagination.ts';
import type { Route } from '../../route.ts';
import { parseDate } from './date-query.ts';

const ofFilter = z.string().optional();

/** The filter of both lists of security events. */
export const eventFilterFields = {
  event: z.enum(securityEventNames).optional().describe('Returns only events of this name.'),
  outcome: z.enum(securityEventOutcomes).optional().describe('Returns only events with this outcome.'),
  caller: ofFilter.describe('Id of the user or token that acted, or name of the operator.'),
  address: ofFilter.describe('Address of the caller, exact.'),
};

/** The security events of an organization, for its owners (REST contract 11.2). */
export const securityEventRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/organizations/:org/security-events/',
    scopes: ['org:admin'],
    metadata: {
      tag: 'Audit log',
      id: 'listSecurityEvents',
      summary: 'List an organization’s security events',
      description: 'Newest events first. `options` contains the names of all events.',
      query: z.object({
        ...eventFilterFields,
        start: ofFilter.describe('Start of the period, inclusive. ISO 8601, in UTC unless it has an offset.'),
        end: ofFilter.describe('End of the period, exclusive, in the format of `start`.'),
      }),
      isPaged: true,
      responses: { 200: securityEventListShape },
    },
    async handle(request, services) {
      const { db } = services;
      await authorizeReader(db, request.org.id, request.caller.actor, ['org:admin']);
      const filter = { ...parseEventFilter(request.query), start: parseDate(request.query, 'start'), end: parseDate(request.query, 'end') };
      const reply = await paginateByDate(
        request,
        services,
        (window) => listSecurityEvents(db, request.org.id, filter, window),
        ({ dateCreated }) => Date.parse(dateCreated),
        (events) => events,
      );
      return { ...reply, body: { rows: reply.body, options: securityEventNames } };
    },
  },
];

/** @throws OrgError `invalid` for an unknown outcome. An unknown event matches nothing. */
export function parseEventFilter(query: URLSearchParams) {
  const outcome = query.get('outcome') || null;
  if (outcome !== null && !securityEventOutcomes.some((known) => known === outcome)) {
    throw new OrgError('invalid', '', { body: { outcome: ['Must be success or failure.'] } });
  }
  return {
    event: query.get('event') || null,
    outcome,
    callerId: query.get('caller') || null,
    address: query.get('address') || null,
  };
}
