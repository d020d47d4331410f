import * as z from 'zod';
import { auditEventNames } from '../../audit-events.ts';
import { dateTime, id, named } from './shape.ts';
import { userShape } from './users.ts';

const data = z.object({
  id: z.string().optional().describe('Id of the affected object.'),
  slug: z.string().optional().describe('Slug of the affected object.'),
  old_slug: z.string().optional().describe('The slug before the change.'),
  new_slug: z.string().optional().describe('The slug after the change.'),
  name: z.string().optional().describe('Name of the affected object.'),
});

/** REST contract 11. */
export const auditEntryShape = named(
  'AuditEntry',
  'An action in an organization.',
  z.object({
    id: id.describe('Id of the entry.'),
    actor: z
      .union([userShape, z.object({ name: z.string().describe('Name of the token.') }).strict()])
      .nullable()
      .describe('A user, or only a name for a token. Null for the server and its operator.'),
    operator: z
      .object({ name: z.string().describe('Name of the operator’s token. `bootstrap` for `OPERATOR_TOKEN`.') })
      .optional()
      .describe('The operator who performed the action, or who started the work that did. Absent for other actors.'),
    event: z.string().describe('Name of the event, such as `member.invite`.'),
    ipAddress: z.string().nullable().describe('Address of the caller. Null if it is unknown.'),
    note: z.string().describe('Description of the action.'),
    targetObject: z.int().nullable().describe('Id of the affected object, as a number.'),
    targetUser: userShape.nullable().describe('The user whom the action concerns, or null.'),
    data: data.describe('Details of the affected object. The keys depend on the event.'),
    dateCreated: dateTime.describe('Time of the action.'),
  }),
);

export const auditLogShape = named(
  'AuditLog',
  'A page of the audit log.',
  z.object({
    rows: z.array(auditEntryShape).describe('The entries of this page, newest first.'),
    options: z.array(z.enum(auditEventNames)).describe('Names of all events.'),
  }),
);
