import { reinstatedShape } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { reinstateMembers } from '../../../write-path/commands/members/reinstate-members.ts';
import { idField, parseBody } from '../../fields.ts';
import { type ApiRequest, type Reply, type Route, write } from '../../route.ts';
import type { Services } from '../../services.ts';

const reinstateSchema = z.object({ members: z.array(idField()).optional() });

/** Reinstates members whom `require2FA` locked out (docs/authentication.md). */
export const reinstateMemberRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/organizations/:org/reinstate-members/',
    scopes: ['member:admin'],
    metadata: {
      tag: 'Members',
      id: 'reinstateMembers',
      summary: 'Let members back in whom a required second factor locked out',
      description:
        'All of them in one revision, with roles and teams as they were; those of `members`, or every one when it is absent. While `require2FA` is on only those who have a second factor come back, and they do so by themselves.',
      responses: { 200: reinstatedShape },
      body: reinstateSchema,
    },
    handle: reinstate,
  },
];

function reinstate({ org, caller, body, writeContext }: ApiRequest, services: Services): Promise<Reply> {
  const { members = null } = parseBody(reinstateSchema, body);
  return write(services, reinstateMembers, {
    orgId: org.id,
    actor: caller.actor,
    input: { memberIds: members },
    writeContext,
    respond: async (_tx, result) => ({ status: 200, body: result }),
  });
}
