import { auditEventNames, isId, OrgError } from '@rollcall/protocol';
import { auditLogShape } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { type AuditEntryFilter, listAuditEntries } from '../../../read-path/queries/audit/list-audit-entries.ts';
import { authorizeReader } from '../../../read-path/queries/authorized-reader.ts';
import { recipientOf } from '../../../read-path/queries/recipient.ts';
import { paginateByDate } from '../../responses/pagination.ts';
import type { Route } from '../../route.ts';
import { parseDate } from './date-query.ts';
import { presentAuditEntries } from './present-audit-entry.ts';

const moment = z.string().optional();

/** The audit log, for callers who manage the organization (REST contract 11). */

const secondsOf: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };
/** A century. Longer periods are mistakes, and some would start before the earliest date. */
const periodSecondsMax = 100 * 365 * 86_400;

export const auditLogRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/organizations/:org/audit-logs/',
    scopes: ['org:write'],
    metadata: {
      tag: 'Audit log',
      id: 'listAuditEntries',
      summary: 'List an organization’s audit log',
      description: 'Newest entries first. `options` contains the names of all events.',
      query: z.object({
        event: z.enum(auditEventNames).optional().describe('Returns only entries of this event.'),
        actor: z.string().optional().describe('Id of the user who performed the action.'),
        start: moment.describe('Start of the period, inclusive. ISO 8601, in UTC unless it has an offset.'),
        end: moment.describe('End of the period, exclusive, in the format of `start`.'),
        statsPeriod: z
          .string()
          .optional()
          .describe(
            'A period that ends now, instead of `start` and `end`: a number with the unit `s`, `m`, `h`, `d` or `w`, such as `24h`.',
          ),
      }),
      isPaged: true,
      responses: { 200: auditLogShape },
    },
    async handle(request, services) {
      const { db } = services;
      const reader = await authorizeReader(db, request.org.id, request.caller.actor, ['org:write']);
      const filter = parseFilter(request.query, Date.now());
      const reply = await paginateByDate(
        request,
        services,
        (window) => listAuditEntries(db, request.org.id, filter, window),
        ({ dateCreated }) => Date.parse(dateCreated),
        (entries) => presentAuditEntries(db, recipientOf(reader), entries),
      );
      return { ...reply, body: { rows: reply.body, options: auditEventNames } };
    },
  },
];

function parseFilter(query: URLSearchParams, nowMs: number): AuditEntryFilter {
  const period = query.get('statsPeriod') || null;
  const actor = query.get('actor') || null;
  if (actor !== null && !isId(actor)) throw new OrgError('invalid', '', { body: { actor: ['A valid integer is required.'] } });
  return {
    event: query.get('event') || null,
    actorUserId: actor,
    start: period === null ? parseDate(query, 'start') : new Date(nowMs - 1_000 * parsePeriod(period)).toISOString(),
    end: period === null ? parseDate(query, 'end') : null,
  };
}

/** Returns seconds: `24h`, `14d`; a bare number is in seconds. */
function parsePeriod(text: string): number {
  const match = /^([0-9]{1,10})([smhdw]?)$/.exec(text);
  const seconds = match ? Number(match[1]) * secondsOf[match[2] || 's']! : Number.NaN;
  if (!(seconds <= periodSecondsMax)) throw new OrgError('invalid', `Invalid statsPeriod: '${text}'`);
  return seconds;
}
