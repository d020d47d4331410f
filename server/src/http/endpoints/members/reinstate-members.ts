import * as z from 'zod';
import { reinstateMembers } from '../../../write-path/commands/members/reinstate-members.ts';
import { idField, parseBody } from '../../fields.ts';
import { type ApiRequest, type Reply, type Route, write } from '../../route.ts';
import type { Services } from '../../services.ts';
import { aboutMembers } from './about-members.ts';

const reinstateSchema = z.object({ members: z.array(idField()).optional() });

/** Members whom `require2FA` locked out (docs/authentication.md). */
export const reinstateMemberRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/organizations/:org/reinstate-members/',
    scopes: ['member:admin'],
    about: { ...aboutMembers.reinstate, body: reinstateSchema },
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
