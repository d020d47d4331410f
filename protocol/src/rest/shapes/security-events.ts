import * as z from 'zod';
import { securityEventNames, securityEventOutcomes } from '../../security-events.ts';
import { dateTime, id, named } from './shape.ts';

/** REST contract 11.2. */
export const securityEventShape = named(
  'SecurityEvent',
  'A security event. It contains ids only: no name, no email address and no text of a credential.',
  z.object({
    id: id.describe('Id of the event. Later events have higher ids.'),
    event: z.string().describe('Name of the event, such as `login`.'),
    kind: z.string().nullable().describe('Kind of the event, such as `password`. Null if the event has no kinds, or several were counted.'),
    outcome: z.enum(securityEventOutcomes).describe('Whether the act succeeded.'),
    count: z.int().describe('The number of events that this one stands for. Above 1 if there were too many in a minute.'),
    caller: z
      .object({
        kind: z.string().describe('`user`, `org-token`, `service`, `operator`, or `system` for the server itself.'),
        id: z
          .string()
          .nullable()
          .describe('Id of the user or token, or name of the operator. Null for the server, and for an erased user.'),
        credential: z
          .object({
            kind: z.string().describe('`session`, `token` or `jwt`.'),
            id: z.string().nullable().describe('Id of the session or token. Null for a JWT, which the server does not store.'),
          })
          .nullable()
          .describe('The credential of the request. Null if it is unknown.'),
      })
      .nullable()
      .describe('The caller. Null for a caller who was not authenticated.'),
    address: z.string().nullable().describe('Address of the caller. Null if it is unknown, or if several addresses were counted.'),
    organization: id.nullable().describe('Id of the organization. Null for an event of the whole server.'),
    target: z
      .object({
        kind: z.string().describe('Kind of the target, such as `user` or `token`.'),
        id: z.string().describe('Id of the target.'),
      })
      .nullable()
      .describe('The object of the event. Null if it has no target.'),
    requestId: z.string().nullable().describe('`X-Request-Id` of the request. Null if several requests were counted.'),
    instance: z.string().describe('Name of the instance that recorded the event.'),
    dateCreated: dateTime.describe('Time of the event, or of the first that was counted.'),
  }),
);

export const securityEventListShape = named(
  'SecurityEventList',
  'A page of security events.',
  z.object({
    rows: z.array(securityEventShape).describe('The events of this page, newest first.'),
    options: z.array(z.enum(securityEventNames)).describe('Names of all events.'),
  }),
);

export const securityEventRunShape = named(
  'SecurityEventRun',
  'Security events in the order of their ids.',
  z.object({
    rows: z.array(securityEventShape).describe('The events after `after`, oldest first.'),
    next: id.describe('The value of `after` for the next request: the id of the last event, or `after` if there is none.'),
  }),
);
