import { exportFileShape, exportShape, newExportShape } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { byAdmin } from '../../../http/requests/by-admin.ts';
import type { Route } from '../../../http/route.ts';
import { downloadOwnFile, exportSchema, listFiles, requestFile } from './export-handlers.ts';

const path = '/organizations/:org/export/';
const byOwner = { callers: 'session', scopes: ['org:admin'] } as const satisfies Partial<Route>;

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
        'An organization can be exported once an hour. The file is written within seconds or minutes, and can be downloaded for 24 hours. The owners are mailed.',
      errors: ['rate-limited'],
      responses: { 202: newExportShape },
      body: exportSchema,
    },
    handle: (request, services) => requestFile(request, request.caller.actor, services),
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
    handle: (request, services) => listFiles(request, request.caller.actor, services),
  },
  {
    method: 'GET',
    path: `${path}:export/`,
    ...byOwner,
    metadata: {
      tag: 'Organizations',
      id: 'downloadExport',
      summary: 'Download an export',
      description: 'The file is JSON Lines, compressed by gzip. The response is 404 until the export is complete.',
      responseType: 'application/gzip',
      responses: { 200: exportFileShape },
    },
    handle: downloadOwnFile,
  },
];
