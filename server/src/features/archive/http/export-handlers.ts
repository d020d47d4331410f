import { OrgError } from '@rollcall/protocol';
import type { exportShape, newExportShape, ResponseOf } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import type { Actor } from '../../../domain/actor.ts';
import { EventConnection } from '../../../http/changes/event-connection.ts';
import { whenGone } from '../../../http/changes/open-reader.ts';
import { booleanField, parseFields } from '../../../http/requests/fields.ts';
import type { ApiRequest, Reply } from '../../../http/route.ts';
import { runRequestCommand } from '../../../http/run-request-command.ts';
import type { Services } from '../../../http/services.ts';
import { requestExport } from '../commands/request-export.ts';
import { findFinishedExport, listExports } from '../queries/exports.ts';
import { exportReply } from './send-export.ts';

/** The handlers of exports, for owners and for the operator (REST contract 13.16). */

export const exportSchema = z.object({
  history: booleanField().optional().describe('Whether the file also contains the log of revisions.'),
});

type ExportRequest = Pick<ApiRequest, 'org' | 'params' | 'body' | 'writeContext'>;

export async function requestFile({ org, body, writeContext }: ExportRequest, actor: Actor, services: Services): Promise<Reply> {
  const { fields, malformed } = parseFields(exportSchema, body);
  return runRequestCommand(services, requestExport, {
    orgId: org.id,
    actor,
    input: { withHistory: fields.history ?? false },
    malformed,
    writeContext,
    respond: async (_tx, { id }) => ({ status: 202, body: { id } satisfies ResponseOf<typeof newExportShape> }),
  });
}

export async function listFiles({ org }: ExportRequest, actor: Actor, { db }: Services): Promise<Reply> {
  const body: ResponseOf<typeof exportShape>[] = await listExports(db, org.id, actor);
  return { status: 200, body };
}

/**
 * Downloads the file for an owner. The download ends with the session, as a stream of changes does,
 * and with the right to download, for example when the session's binding by single sign-on expires.
 */
export async function downloadOwnFile(request: ApiRequest, services: Services): Promise<Reply> {
  const { org, caller, params, serverRevision } = request;
  const { db, events } = services;
  // Each piece is sent with the access of its own time: a binding of the session may have expired.
  const find = () => findFinishedExport(db, org.id, { ...caller.actor, at: Date.now() }, params.export ?? '');
  const found = await find();
  const connection = new EventConnection(caller, events.connections);
  whenGone(request, () => connection.close());
  if (events.hasEndedSince(serverRevision, caller)) {
    connection.close();
    throw new OrgError('unauthenticated', 'Invalid token');
  }
  return exportReply(services, org, found, { connection, confirm: find });
}

/** Downloads the file for the operator. */
export async function downloadFile({ org, params }: ExportRequest, actor: Actor, services: Services): Promise<Reply> {
  return exportReply(services, org, await findFinishedExport(services.db, org.id, actor, params.export ?? ''), null);
}
