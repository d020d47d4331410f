import { OrgError } from '@rollcall/protocol';
import { changesShape, changesSnapshotShape, eventStreamShape } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { authorizeReader } from '../../../read-path/queries/authorized-reader.ts';
import { fieldLimits } from '../../../runtime/limits/rows/fields.ts';
import { readerLimits } from '../../../runtime/limits/rows/readers.ts';
import { eventParameters, parseChangesQuery, parseWhole, viewParameters } from '../../changes/changes-query.ts';
import { EventStream, streamHeaders } from '../../changes/event-stream.ts';
import { openReader, whenGone } from '../../changes/open-reader.ts';
import { readPage } from '../../changes/read-page.ts';
import { writeSnapshot } from '../../changes/write-snapshot.ts';
import type { Route } from '../../route.ts';

/** An organization's changes as events, for programs (REST contract 15.1). */

const limitDefault = 100;

const tag = 'Changes';

export const changesRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/organizations/:org/changes/',
    scopes: [],
    limitsOwnReads: true,
    metadata: {
      tag,
      id: 'listChanges',
      summary: 'List an organization’s changes',
      description:
        'Events that the caller may see, in the order of their commits. Send `after` of the response to get the events that follow.',
      query: z.object({
        ...eventParameters,
        limit: z.int().min(1).max(fieldLimits.pageEvents.value).default(limitDefault).optional().describe('Maximum number of events.'),
        wait: z
          .int()
          .min(0)
          .max(readerLimits.waitSeconds.value)
          .default(0)
          .optional()
          .describe('Seconds to wait for an event if there is none.'),
      }),
      responses: { 200: changesShape },
      errors: ['cursor-invalid', 'cursor-of-another-view', 'cursor-expired'],
    },
    async handle(request, services) {
      const limit = parseWhole(request.query, 'limit', 1, fieldLimits.pageEvents.value, limitDefault);
      const waitSeconds = parseWhole(request.query, 'wait', 0, readerLimits.waitSeconds.value, 0);
      const query = parseChangesQuery(request.query);
      const opened = await openReader(request, services, query, waitSeconds > 0 ? services.events.waits : null);
      try {
        const page = await readPage(opened, limit, waitSeconds * 1_000);
        if (!page) {
          await authorizeReader(services.db, request.org.id, request.caller.actor);
          throw new OrgError('unavailable', 'Your access has changed. Try again.');
        }
        const { events, cursor, headRevision, hasMore } = page;
        const body = { data: events.map(({ event }) => event), after: cursor, head: { revision: headRevision }, hasMore };
        return { status: 200, body };
      } finally {
        opened.connection.close();
        opened.release();
      }
    },
  },
  {
    method: 'GET',
    path: '/organizations/:org/changes/snapshot/',
    scopes: [],
    isLong: true,
    metadata: {
      tag,
      id: 'getChangesSnapshot',
      summary: 'Get all records of an organization',
      description: 'All records that the caller may see, at one revision. Send its `after` to get the changes that follow.',
      query: z.object(viewParameters),
      responses: { 200: changesSnapshotShape },
    },
    async handle(request, services) {
      const query = { ...parseChangesQuery(request.query), after: null };
      const opened = await openReader(request, services, query, services.events.snapshots);
      // The build of a snapshot continues without its client, and the slot is taken until it ends.
      let written = Promise.resolve();
      whenGone(request, () => void written.then(opened.release));
      return {
        status: 200,
        headers: { 'Content-Type': 'application/json' },
        stream: (response) => {
          written = writeSnapshot(opened, response, services.writePath.log);
        },
      };
    },
  },
  {
    method: 'GET',
    path: '/organizations/:org/changes/stream/',
    scopes: [],
    limitsOwnReads: true,
    metadata: {
      tag,
      id: 'streamChanges',
      summary: 'Receive an organization’s changes',
      description:
        'Server-sent events. `id` is the cursor after an event, `event` its type, and `data` the event as JSON. `offset` reports progress without an event. The last event is `revoked`, `access-changed` or `goodbye`. Reconnecting clients send the header `Last-Event-ID`, which takes precedence over `after`.',
      query: z.object(eventParameters),
      responses: { 200: eventStreamShape },
      responseType: 'text/event-stream',
      errors: ['cursor-invalid', 'cursor-of-another-view', 'cursor-expired'],
    },
    async handle(request, services) {
      const query = parseChangesQuery(request.query);
      const { events, writePath } = services;
      const opened = await openReader(request, services, { ...query, after: request.lastEventId ?? query.after }, events.streams);
      const { connection, reader, release, inSlot } = opened;
      whenGone(request, release);
      try {
        // The start checks the cursor, so that a refused cursor gets a response and not an event.
        await inSlot(() => reader.start());
      } catch (error) {
        release();
        connection.close();
        throw error;
      }
      return {
        status: 200,
        headers: streamHeaders,
        stream: (response) => new EventStream(opened, response, writePath.log).start(),
      };
    },
  },
];
