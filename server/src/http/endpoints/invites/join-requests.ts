import { OrgError } from '@rollcall/protocol';
import * as z from 'zod';
import { networkOf } from '../../../identity/limits/attempt-limits.ts';
import { assertJoinable } from '../../../read-path/queries/invites/invite-requests.ts';
import { attemptLimits } from '../../../runtime/limits/rows/attempts.ts';
import { requestToJoin } from '../../../write-path/commands/invites/request-to-join.ts';
import { parseFields } from '../../requests/fields.ts';
import type { ApiRequest, Reply, Route } from '../../route.ts';
import { runRequestCommand } from '../../run-request-command.ts';
import type { Services } from '../../services.ts';
import { inviteEmailField } from '../members/member-fields.ts';

const joinRequestSchema = z.object({ email: inviteEmailField().describe('Address of the person who wants to join.') });

/** Visitors' requests to join (REST contract 7.3). */
export const joinRequestRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/organizations/:org/join-request/',
    callers: 'anyone',
    scopes: [],
    metadata: {
      tag: 'Invites and requests',
      id: 'requestToJoin',
      summary: 'Create a join request',
      description:
        'Needs no credential. Owners and managers get a mail. The response does not disclose whether the address belongs to a member, an invite or an earlier request. An IP address can send five requests per day.',
      isCommand: false,
      responses: { 204: null },
      body: joinRequestSchema,
    },
    handle: create,
  },
];

async function create(request: ApiRequest, services: Services): Promise<Reply> {
  const { org, body, writeContext } = request;
  // It would show whether an earlier request made a revision.
  if (writeContext.ifMatch !== null) throw new OrgError('invalid', 'If-Match is not supported for requests to join.');
  // The command checks this again under the lock. The check here comes before the rate limit.
  await assertJoinable(services.db, org.id);
  await countRequest(request, services);
  const { fields, malformed } = parseFields(joinRequestSchema, body);
  const { status } = await runRequestCommand(services, requestToJoin, {
    orgId: org.id,
    actor: { kind: 'system' },
    input: { email: fields.email ?? null },
    malformed,
    writeContext: { ...writeContext, idempotencyKey: null },
    respond: async () => ({ status: 204 }),
  });
  // The response omits the revision, which would show whether anything changed.
  return { status };
}

async function countRequest({ ipAddress }: ApiRequest, { attempts }: Services): Promise<void> {
  try {
    await attempts.count(attemptLimits.joinRequestsPerAddress, networkOf(ipAddress ?? ''));
  } catch (error) {
    if (!(error instanceof OrgError) || error.code !== 'rate-limited') throw error;
    throw new OrgError('rate-limited', 'Rate limit exceeded.', { retryAfterSeconds: error.retryAfterSeconds ?? 1 });
  }
}
