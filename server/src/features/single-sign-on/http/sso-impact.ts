import { type ResponseOf, ssoImpactShape } from '@rollcall/protocol/rest/shapes';
import { presentMembers } from '../../../http/endpoints/members/present-member.ts';
import type { ApiRequest, Reply, Route } from '../../../http/route.ts';
import { recipientOf } from '../../../read-path/queries/recipient.ts';
import { readSsoImpact } from '../queries/sso-impact.ts';
import type { SingleSignOnServices } from '../services.ts';

/** The preview of requiring single sign-on (REST contract 13.5). */
export const ssoImpactRoutes: readonly Route<SingleSignOnServices>[] = [
  {
    method: 'GET',
    path: '/organizations/:org/auth-provider/impact/',
    scopes: ['org:admin'],
    metadata: {
      tag: 'Single sign-on',
      id: 'readSsoImpact',
      summary: 'Preview the requirement of single sign-on',
      description: 'Returns the members without a linked identity, and the subscriptions on all instances that would end now.',
      responses: { 200: ssoImpactShape },
    },
    handle: read,
  },
];

async function read({ org, caller }: ApiRequest, services: SingleSignOnServices): Promise<Reply> {
  const { reader, unlinked, recovery, ...counts } = await readSsoImpact(services, org.id, caller.actor);
  const recipient = recipientOf(reader);
  const body: ResponseOf<typeof ssoImpactShape> = {
    ...counts,
    unlinked: await presentMembers(services.db, recipient, unlinked),
    recovery: await presentMembers(services.db, recipient, recovery),
  };
  return { status: 200, body };
}
