import { OrgError } from '@rollcall/protocol';
import { importHistory } from '../../write-path/import/import-history.ts';
import { aboutImport } from '../about/operator.ts';
import { type OperatorRoute, operator } from './operator-route.ts';

export const importPath = '/organizations/:org/import/';

export const importRoutes: readonly OperatorRoute[] = [
  {
    method: 'POST',
    path: importPath,
    about: aboutImport.import,
    async handle({ org, body, writeContext }, services) {
      // Only JSON Lines are left as text.
      if (typeof body !== 'string')
        throw new OrgError('unsupported-media-type', 'An import is application/x-ndjson: one JSON object a line.');
      const { orgRevision, ...imported } = await importHistory(services.writePath, {
        orgId: org.id,
        actor: operator,
        text: body,
        ...writeContext,
      });
      return { status: 200, body: imported, headers: { 'X-Org-Revision': orgRevision } };
    },
  },
];
