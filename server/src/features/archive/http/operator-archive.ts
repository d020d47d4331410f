import { exportFileShape, exportShape, importedOrganizationShape, newExportShape, type ResponseOf } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import type { OperatorRequest, OperatorRoute } from '../../../http/operator/operator-route.ts';
import { idField, parseBody } from '../../../http/requests/fields.ts';
import type { Reply } from '../../../http/route.ts';
import { runRequestCommand } from '../../../http/run-request-command.ts';
import type { Services } from '../../../http/services.ts';
import { allocateOrganizationId } from '../../../write-path/commands/organizations/allocate-organization-id.ts';
import { importOrganization } from '../commands/import-organization.ts';
import { parseArchive } from '../format/parse-archive.ts';
import { archiveLimits } from '../limits.ts';
import { downloadFile, exportSchema, listFiles, requestFile } from './export-handlers.ts';

const importQuery = z.object({
  owner: idField().describe('Id of the user who becomes the owner.'),
  send: z.enum(['0', '1']).optional().describe('`1` mails the invitations.'),
});

/** Exports of organizations, and imports of their files (REST contract 13.16). */
export const archiveRoutes: readonly OperatorRoute[] = [
  {
    method: 'POST',
    path: '/organizations/import/',
    bodyBytesMax: archiveLimits.archiveBytes.value,
    scope: 'operator:provision',
    metadata: {
      tag: 'Operator',
      id: 'importOrganization',
      summary: 'Create an organization from an exported file',
      description:
        'The whole file is checked before anything is written. People become invites with their roles and teams. The IP allow list is switched off, domains are unverified and webhooks are disabled. Identity providers, tokens and integrations are not created.',
      query: importQuery,
      bodyType: 'application/gzip',
      isCommand: true,
      isUnrepeatable: true,
      responses: { 201: importedOrganizationShape },
      errors: ['too-large'],
    },
    handle: importFile,
  },
  {
    method: 'POST',
    path: '/organizations/:org/export/',
    scope: 'operator:admin',
    metadata: {
      tag: 'Operator',
      id: 'requestExportFor',
      summary: 'Export an organization',
      description: 'An organization can be exported once an hour. The owners are mailed.',
      errors: ['rate-limited'],
      responses: { 202: newExportShape },
      body: exportSchema,
    },
    handle: (request, services) => requestFile(request, request.operator, services),
  },
  {
    method: 'GET',
    path: '/organizations/:org/export/',
    scope: 'operator:read',
    metadata: {
      tag: 'Operator',
      id: 'listExportsFor',
      summary: 'List an organization’s exports',
      description: 'The exports of the last 24 hours, newest first.',
      responses: { 200: z.array(exportShape) },
    },
    handle: (request, services) => listFiles(request, request.operator, services),
  },
  {
    method: 'GET',
    path: '/organizations/:org/export/:export/',
    scope: 'operator:read',
    metadata: {
      tag: 'Operator',
      id: 'downloadExportFor',
      summary: 'Download an export',
      description: 'The file is JSON Lines, compressed by gzip. An export that is not complete is 404.',
      responseType: 'application/gzip',
      responses: { 200: exportFileShape },
    },
    handle: (request, services) => downloadFile(request, request.operator, services),
  },
];

async function importFile({ query, body, writeContext, operator }: OperatorRequest, services: Services): Promise<Reply> {
  const { owner, send } = parseBody(importQuery, Object.fromEntries(query));
  const archive = await parseArchive(body as AsyncIterable<Buffer>);
  return runRequestCommand(services, importOrganization, {
    orgId: await allocateOrganizationId(services.writePath),
    actor: operator,
    input: { archive, ownerId: owner, sendsInvites: send === '1', key: services.secret },
    writeContext: { ...writeContext, idempotencyKey: null },
    respond: async (_tx, { organization: { id, slug }, counts, skippedPeople }) => ({
      status: 201,
      body: {
        ...{ organization: { id, slug }, revision: 1, counts },
        skipped: { ...archive.skipped, ...(skippedPeople > 0 && { member: skippedPeople }) },
      } satisfies ResponseOf<typeof importedOrganizationShape>,
    }),
  });
}
