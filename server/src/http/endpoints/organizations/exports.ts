import { exportFileShape, exportShape, newExportShape, type ResponseOf } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { findFinishedExport, listExports } from '../../../read-path/queries/organizations/exports.ts';
import { requestExport } from '../../../write-path/commands/organizations/request-export.ts';
import { booleanField, parseFields } from '../../requests/fields.ts';
import { exportReply } from '../../responses/send-export.ts';
import { uncached } from '../../responses/uncached.ts';
import type { ApiRequest, Reply, Route } from '../../route.ts';
import type { Services } from '../../services.ts';
import { write } from '../../write.ts';
import { byAdmin } from '../single-sign-on/by-admin.ts';

const path = '/organizations/:org/export/';
const byOwner = { callers: 'session', scopes: ['org:admin'] } as const satisfies Partial<Route>;

export const exportSchema = z.object({ history: booleanField().optional() });

/** The file with an organization's data, for its owners (REST contract 13.16). */
export const exportRoutes: readonly Route[] = [
  {
    method: 'POST',
    path,
    ...byAdmin,
    metadata: {
      tag: 'Organizations',
      id: 'requestExport',
      summary: 'Export an organization',
      description:
        'Once an hour. The file is written within seconds or minutes, and can be downloaded for 24 hours. The owners are mailed.',
      errors: ['rate-limited'],
      responses: { 202: newExportShape },
      body: exportSchema,
    },
    handle: request,
  },
  {
    method: 'GET',
    path,
    ...byOwner,
    metadata: {
      tag: 'Organizations',
      id: 'listExports',
      summary: 'List an organization’s exports',
      description: 'The exports of the last 24 hours, newest first.',
      responses: { 200: z.array(exportShape) },
    },
    handle: list,
  },
  {
    method: 'GET',
    path: `${path}:export/`,
    ...byOwner,
    metadata: {
      tag: 'Organizations',
      id: 'downloadExport',
      summary: 'Download an export',
      description: 'The file is JSON Lines, compressed by gzip. An export that is not complete is 404.',
      responseType: 'application/gzip',
      responses: { 200: exportFileShape },
    },
    handle: download,
  },
];

async function request({ org, caller, body, writeContext }: ApiRequest, services: Services): Promise<Reply> {
  const { fields, malformed } = parseFields(exportSchema, body);
  return write(services, requestExport, {
    orgId: org.id,
    actor: caller.actor,
    input: { withHistory: fields.history ?? false },
    malformed,
    writeContext,
    respond: async (_tx, { id }) => ({ status: 202, body: { id } satisfies ResponseOf<typeof newExportShape> }),
  });
}

async function list({ org, caller }: ApiRequest, { db }: Services): Promise<Reply> {
  const body: ResponseOf<typeof exportShape>[] = await listExports(db, org.id, caller.actor);
  return { status: 200, body, headers: uncached };
}

async function download({ org, caller, params }: ApiRequest, services: Services): Promise<Reply> {
  return exportReply(services, org, await findFinishedExport(services.db, org.id, caller.actor, params.export ?? ''));
}
