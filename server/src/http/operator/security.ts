import { organizationSecurityShape, type ResponseOf } from '@rollcall/protocol/rest/shapes';
import { readOrganizationSecurity } from '../../read-path/queries/organizations/organization-security.ts';
import { updateIpAllowList } from '../../write-path/commands/organizations/update-ip-allow-list.ts';
import { runRequestCommand } from '../run-request-command.ts';
import type { Services } from '../services.ts';
import type { OperatorRequest, OperatorRoute } from './operator-route.ts';

/** An organization's access settings, and the remedy for a lock-out by addresses. */
export const securityRoutes: readonly OperatorRoute[] = [
  {
    method: 'GET',
    path: '/organizations/:org/security/',
    scope: 'operator:read',
    metadata: {
      tag: 'Operator',
      id: 'readOrganizationSecurity',
      summary: 'Retrieve an organization’s access settings',
      description: 'Returns the identity provider without its secrets, the IP allow list and the verified domains.',
      responses: { 200: organizationSecurityShape },
    },
    handle: read,
  },
  {
    method: 'DELETE',
    path: '/organizations/:org/ip-allow-list/',
    scope: 'operator:admin',
    metadata: {
      tag: 'Operator',
      id: 'disableIpAllowList',
      summary: 'Switch off an organization’s IP allow list',
      description: 'Lets locked-out owners in again. The rules of the list stay.',
      responses: { 204: null },
    },
    handle: disableIpAllowList,
  },
];

async function read({ org }: OperatorRequest, { db }: Services) {
  const body: ResponseOf<typeof organizationSecurityShape> = await readOrganizationSecurity(db, org.id);
  return { status: 200, body };
}

async function disableIpAllowList({ org, writeContext, operator }: OperatorRequest, services: Services) {
  return runRequestCommand(services, updateIpAllowList, {
    orgId: org.id,
    actor: operator,
    input: { isEnabled: false, rules: null },
    writeContext,
    respond: async () => ({ status: 204 }),
  });
}
