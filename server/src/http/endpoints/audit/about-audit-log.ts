import { auditEventNames } from '@rollcall/protocol';
import { auditLogShape } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { about } from '../../openapi/about.ts';

const moment = z.string().optional();

export const aboutAuditLog = about('Audit log', {
  list: {
    id: 'listAuditEntries',
    summary: 'List what was done',
    description: 'The newest first.',
    query: z.object({
      event: z.enum(auditEventNames).optional(),
      actor: z.string().optional().describe('Id of a user.'),
      start: moment.describe('ISO 8601; without an offset it is UTC.'),
      end: moment.describe('As `start`.'),
      statsPeriod: z.string().optional().describe('Until now, instead of `start` and `end`: a number of `s`, `m`, `h`, `d` or `w`.'),
    }),
    isPaged: true,
    answers: { 200: auditLogShape },
  },
});
