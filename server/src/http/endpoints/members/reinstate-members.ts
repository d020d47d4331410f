import { reinstatedShape } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { fieldLimits } from '../../../runtime/limits/rows/fields.ts';
import { reinstateMembers } from '../../../write-path/commands/members/reinstate-members.ts';
import { idsField, parseBody } from '../../requests/fields.ts';
import type { ApiRequest, Reply, Route } from '../../route.ts';
import { runRequestCommand } from '../../run-request-command.ts';
import type { Services } from '../../services.ts';

const reinstateSchema = z.object({
  members: idsField(fieldLimits.reinstatedMembers.value)
    .optional()
    .describe('Ids of the members to reinstate. Default: all detached members.'),
});

/** Reinstates members whom `require2FA` locked out (docs/authentication.md). */
export const reinstateMemberRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/organizations/:org/reinstate-members/',
    scopes: ['member:admin'],
    metadata: {
      tag: 'Members',
      id: 'reinstateMembers',
      summary: 'Reinstate members who were detached by required 2FA',
      description:
        'When an organization begins to require a second factor, members without one are detached. This reinstates the members in `members`, or all of them without that field, in one revision and with their roles and teams. While `require2FA` is on, only members with a second factor are reinstated. That also happens automatically when they set one up.',
      responses: { 200: reinstatedShape },
      body: reinstateSchema,
    },
    handle: reinstate,
  },
];

function reinstate({ org, caller, body, writeContext }: ApiRequest, services: Services): Promise<Reply> {
  const { members = null } = parseBody(reinstateSchema, body);
  return runRequestCommand(services, reinstateMembers, {
    orgId: org.id,
    actor: caller.actor,
    input: { memberIds: members },
    writeContext,
    respond: async (_tx, result) => ({ status: 200, body: result }),
  });
}
