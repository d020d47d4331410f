import { importShape, type ResponseOf } from '@rollcall/protocol/rest/shapes';
import type { OperatorRoute } from '../../../http/operator/operator-route.ts';
import { importHistory } from '../import/import-history.ts';
import { archiveLimits } from '../limits.ts';

export const importRoutes: readonly OperatorRoute[] = [
  {
    method: 'POST',
    path: '/organizations/:org/import/',
    bodyBytesMax: archiveLimits.historyBytes.value,
    scope: 'operator:provision',
    metadata: {
      tag: 'Operator',
      id: 'importHistory',
      summary: 'Import an organization’s history',
      description: 'The body has one JSON object per line. Invalid lines are skipped, and returned in `skipped`.',
      bodyType: 'application/x-ndjson',
      responses: { 200: importShape },
      errors: ['already-exists'],
    },
    async handle({ org, body, writeContext, operator }, services) {
      const { orgRevision, committed, ...imported } = await importHistory(services.writePath, {
        orgId: org.id,
        actor: operator,
        // A route with its own media type receives the body as a string.
        text: body as string,
        ...writeContext,
      });
      for (const revision of committed) writeContext.receipt?.add(revision);
      return { status: 200, body: imported satisfies ResponseOf<typeof importShape>, headers: { 'X-Org-Revision': orgRevision } };
    },
  },
];
