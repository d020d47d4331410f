import type { importShape, ResponseOf } from '@rollcall/protocol/rest/shapes';
import { importHistory } from '../../write-path/import/import-history.ts';
import { importBytesMax } from '../http-limits.ts';
import { aboutImport } from './about-operator.ts';
import { type OperatorRoute, operator } from './operator-route.ts';

export const importRoutes: readonly OperatorRoute[] = [
  {
    method: 'POST',
    path: '/organizations/:org/import/',
    bodyBytesMax: importBytesMax,
    about: aboutImport.import,
    async handle({ org, body, writeContext }, services) {
      const { orgRevision, ...imported } = await importHistory(services.writePath, {
        orgId: org.id,
        actor: operator,
        // What a route with a type of its own gets.
        text: body as string,
        ...writeContext,
      });
      return { status: 200, body: imported satisfies ResponseOf<typeof importShape>, headers: { 'X-Org-Revision': orgRevision } };
    },
  },
];
