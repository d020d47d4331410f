import { accessRequestShape } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { authorizeReader } from '../../../read-path/queries/authorized-reader.ts';
import { recipientOf, userSeenBy } from '../../../read-path/queries/recipient.ts';
import { listAccessRequests } from '../../../read-path/queries/teams/list-access-requests.ts';
import { decideAccessRequest } from '../../../write-path/commands/teams/decide-access-request.ts';
import { booleanField, parseFields } from '../../requests/fields.ts';
import type { ApiRequest, Reply, Route } from '../../route.ts';
import { runRequestCommand } from '../../run-request-command.ts';
import type { Services } from '../../services.ts';
import { presentUser } from '../identity/present-user.ts';
import { presentMembers } from '../members/present-member.ts';
import { presentTeams } from './present-team.ts';

const decisionSchema = z.object({ isApproved: booleanField().describe('True adds the member to the team. False rejects the request.') });

/** Requests to join a team (REST contract 8.5). */
export const accessRequestRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/organizations/:org/access-requests/',
    scopes: ['org:read', 'org:write', 'org:admin', 'team:read', 'team:write', 'team:admin', 'member:read', 'member:write', 'member:admin'],
    metadata: {
      tag: 'Teams',
      id: 'listAccessRequests',
      summary: 'List an organization’s access requests',
      description: 'Returns the open requests to join a team that the caller may approve or reject. At most 1,000 requests, newest first.',
      responses: { 200: z.array(accessRequestShape) },
    },
    handle: list,
  },
  {
    method: 'PUT',
    path: '/organizations/:org/access-requests/:request/',
    scopes: ['org:write', 'org:admin', 'team:write', 'team:admin', 'member:write', 'member:admin'],
    metadata: {
      tag: 'Teams',
      id: 'decideAccessRequest',
      summary: 'Approve or reject an access request',
      description: 'Both decisions remove the request. An approved member joins the team.',
      responses: { 204: null },
      body: decisionSchema,
    },
    handle: decide,
  },
];

async function list({ org, caller }: ApiRequest, { db }: Services): Promise<Reply> {
  const reader = await authorizeReader(db, org.id, caller.actor);
  const recipient = recipientOf(reader);
  const requests = await listAccessRequests(db, reader);
  const members = requests.map(({ member }) => member);
  const [shapes, teams] = await Promise.all([
    presentMembers(db, recipient, members),
    presentTeams(
      db,
      reader,
      requests.map(({ team }) => team),
    ),
  ]);
  const body = requests.map(({ id, requester }, index) => ({
    id,
    member: shapes[index],
    team: teams[index],
    requester: requester && presentUser(userSeenBy(recipient, requester), null),
  }));
  return { status: 200, body };
}

async function decide({ org, caller, params, body, writeContext }: ApiRequest, services: Services): Promise<Reply> {
  const { fields } = parseFields(decisionSchema, body);
  return runRequestCommand(services, decideAccessRequest, {
    orgId: org.id,
    actor: caller.actor,
    input: { requestId: params.request!, isApproved: fields.isApproved ?? null },
    writeContext,
    respond: async () => ({ status: 204 }),
  });
}
