import * as z from 'zod';
import { dateTime, id, named } from './shape.ts';

/** REST contract 15.1. */

export const eventShape = named(
  'Event',
  z.object({
    type: z.string().describe('Such as `member.roleChanged`. The type of records that this server does not know is `record.changed`.'),
    timestamp: dateTime.describe('The time of the commit.'),
    data: z
      .object({
        id: z.string().describe('`<organization>.<revision>.<index>`.'),
        organization: z.object({ id, slug: z.string() }),
        revision: z.int(),
        index: z.int().describe('Counts the events of the revision from 0, including those that the caller does not see.'),
        count: z.int().describe('The number of the revision’s events that the caller sees. They were one commit.'),
        actor: z.object({ kind: z.string(), id: z.string().nullable() }),
        requestId: z.string().nullable(),
        command: z.string(),
        before: z.unknown().optional(),
        after: z.unknown().optional(),
      })
      .catchall(z.unknown())
      .describe('Some types have more fields, such as `flag` and `setting`.'),
  }),
);

const cursor = z.string().describe('The position after this response. Opaque.');

export const changesShape = named(
  'Changes',
  z.object({
    data: z.array(eventShape),
    after: cursor,
    head: z.object({ revision: z.int() }).describe('The organization’s latest revision.'),
    hasMore: z.boolean().describe('Whether the log has more. Another request then returns at once.'),
  }),
);

export const changesSnapshotShape = named(
  'ChangesSnapshot',
  z.object({
    records: z.array(z.object({ kind: z.string(), id: z.string(), record: z.object({ id: z.string() }).catchall(z.unknown()) })),
    revision: z.int(),
    after: cursor,
    count: z.int(),
    sum: z.int().describe('The checksum of the records, as in the protocol of the socket.'),
  }),
);

export const eventStreamShape = named('EventStream', z.string().describe('Server-sent events.'));
