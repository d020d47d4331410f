import type { OperatorRequest, OperatorRoute } from '../../../http/operator/operator-route.ts';
import { runRequestCommand } from '../../../http/run-request-command.ts';
import type { Services } from '../../../http/services.ts';
import { endRequirement } from '../commands/provider/end-requirement.ts';

/** The remedy for a lock-out by an identity provider. */
export const requireLinkRoutes: readonly OperatorRoute[] = [
  {
    method: 'DELETE',
    path: '/organizations/:org/require-link/',
    scope: 'operator:admin',
    metadata: {
      tag: 'Operator',
      id: 'disableRequireLink',
      summary: 'Stop requiring single sign-on in an organization',
      description: 'Lets locked-out owners in again. The identity provider and the linked identities stay.',
      responses: { 204: null },
    },
    handle: disableRequireLink,
  },
];

async function disableRequireLink({ org, writeContext, operator }: OperatorRequest, services: Services) {
  return runRequestCommand(services, endRequirement, {
    orgId: org.id,
    actor: operator,
    input: null,
    writeContext,
    respond: async () => ({ status: 204 }),
  });
}
