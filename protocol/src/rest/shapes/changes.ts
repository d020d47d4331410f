import * as z from 'zod';
import { dateTime, id, named } from './shape.ts';

/** REST contract 15.1. */

export const eventShape = named(
  'Event',
  'A change of an organization.',
  z.object({
    type: z
      .string()
      .describe(
        'Type of the event, such as `member.roleChanged`. It is `record.changed` for a kind of record that this server does not know.',
      ),
    timestamp: dateTime.describe('The time of the commit.'),
    data: z
      .object({
        id: z.string().describe('`<organization>.<revision>.<index>`.'),
        organization: z
          .object({ id: id.describe('Id of the organization.'), slug: z.string().describe('Slug of the organization.') })
          .describe('The organization that changed.'),
        revision: z.int().describe('The revision of the organization that the commit created.'),
        index: z.int().describe('Counts the events of the revision from 0, including those that the caller does not see.'),
        count: z.int().describe('The number of the revision’s events that the caller sees. All of them belong to one commit.'),
        actor: z
          .object({
            kind: z.string().describe('`user`, `token`, `operator`, `system` or another kind of caller.'),
            id: z.string().nullable().describe('Id of the user or the token. Null if the kind has none.'),
          })
          .describe('The caller who made the change.'),
        requestId: z.string().nullable().describe('The `X-Request-Id` of the request that made the change, or null.'),
        command: z.string().describe('Name of the command, such as `change-member-role`.'),
        before: z.unknown().optional().describe('The record before the change. Absent for a new record.'),
        after: z.unknown().optional().describe('The record after the change. Absent for a removed record.'),
      })
      .catchall(z.unknown())
      .describe('Some types have more fields, such as `flag` and `setting`.'),
  }),
);

const cursor = z.string().describe('The position after this response. Opaque.');

export const changesShape = named(
  'Changes',
  'Changes of an organization, in order.',
  z.object({
    data: z.array(eventShape).describe('The events in the order of the log.'),
    after: cursor,
    head: z.object({ revision: z.int().describe('Number of the revision.') }).describe('The organization’s latest revision.'),
    hasMore: z.boolean().describe('Whether the log has more. Another request then returns at once.'),
  }),
);

export const changesSnapshotShape = named(
  'ChangesSnapshot',
  'All records of an organization at one revision, and the position from which its changes continue.',
  z.object({
    records: z
      .array(
        z.object({
          kind: z.string().describe('Kind of the record, such as `member`.'),
          id: z.string().describe('Id of the record.'),
          record: z
            .object({ id: z.string().describe('Id of the record.') })
            .catchall(z.unknown())
            .describe('The record itself, whose fields depend on its kind.'),
        }),
      )
      .describe('The records that the caller may see.'),
    revision: z.int().describe('The revision of the organization that the snapshot shows.'),
    after: cursor,
    count: z.int().describe('Number of records.'),
    sum: z.int().describe('The checksum of the records, as in the protocol of the socket.'),
  }),
);

export const eventStreamShape = named('EventStream', 'A stream of changes as server-sent events.', z.string());
