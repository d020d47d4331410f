import * as z from 'zod';
import { auditEventNames } from '../../audit-events.ts';
import { dateTime, id, named } from './shape.ts';
import { userShape } from './users.ts';

const data = z.object({
  id: z.string().optional(),
  slug: z.string().optional(),
  old_slug: z.string().optional(),
  new_slug: z.string().optional(),
  name: z.string().optional(),
});

/** REST contract 11. */
export const auditEntryShape = named(
  'AuditEntry',
  z.object({
    id,
    actor: z
      .union([userShape, z.object({ name: z.string() }).strict()])
      .nullable()
      .describe('A user, or only a name for a token. Null for the server and its operator.'),
    event: z.string(),
    ipAddress: z.string().nullable(),
    note: z.string(),
    targetObject: z.int().nullable().describe('Id of the affected object, as a number.'),
    targetUser: userShape.nullable(),
    data,
    dateCreated: dateTime,
  }),
);

export const auditLogShape = named(
  'AuditLog',
  z.object({ rows: z.array(auditEntryShape), options: z.array(z.enum(auditEventNames)).describe('Names of all events.') }),
);
