import { OrgError } from '@rollcall/protocol';
import { inviteShape } from '@rollcall/protocol/rest/shapes';
import { findInvite, readAcceptance } from '../../../read-path/queries/invites/find-invite.ts';
import { acceptInvite, refuseAcceptance } from '../../../write-path/commands/invites/accept-invite.ts';
import { countWrongLink } from '../../limits/count-wrong-link.ts';
import type { ApiRequest, Reply, Route } from '../../route.ts';
import { runRequestCommand } from '../../run-request-command.ts';
import type { Services } from '../../services.ts';

const tag = 'Invites and requests';

/**
 * The routes that show and accept an invite. The invite's token authorizes the caller.
 * @param noun for the summaries
 */
function routesOn(path: string, suffix: string, noun: string): readonly Route[] {
  return [
    {
      method: 'GET',
      path,
      callers: 'anyone',
      scopes: [],
      metadata: {
        tag,
        id: `readInvite${suffix}`,
        summary: `Retrieve ${noun}`,
        description:
          'Returns whether the caller must log in or set up a second factor before they can accept the invite. The token in the path authorizes the request.',
        responses: { 200: inviteShape },
      },
      handle: show,
    },
    {
      method: 'POST',
      path,
      callers: 'anyone',
      needsFullLogin: true,
      scopes: [],
      metadata: {
        tag,
        id: `acceptInvite${suffix}`,
        isForUsers: true,
        summary: `Accept ${noun}`,
        description:
          'Makes the caller a member of the organization. The caller’s email address need not be the invited one. If the caller is already a member, the response is 400 and the invite is removed.',
        isCommand: true,
        responses: { 204: null },
      },
      handle: accept,
    },
  ];
}

/** An invite can be named with or without its organization (REST contract 7.4). */
export const acceptInviteRoutes: readonly Route[] = [
  ...routesOn('/accept-invite/:organization/:member/:token/', 'InOrganization', 'an organization’s invite'),
  ...routesOn('/accept-invite/:member/:token/', '', 'an invite'),
];

/** The same error for every fault of an invite. */
export function invalidInvite(): OrgError {
  const message = 'Invalid invite code';
  return new OrgError('invalid', message, { body: { details: message } });
}

async function find(request: ApiRequest, services: Services) {
  const { params } = request;
  const found = await findInvite(services.db, params.member!, params.token!, params.organization ?? null, new Date().toISOString());
  if (!found) countWrongLink(request, services);
  return found;
}

async function show(request: ApiRequest, services: Services): Promise<Reply> {
  const found = await find(request, services);
  if (!found) throw invalidInvite();
  const { organization, ssoProvider } = found;
  const userId = userOf(request);
  const { isMember, isLinked, hasSecondFactor } =
    userId === null
      ? { isMember: false, isLinked: false, hasSecondFactor: false }
      : await readAcceptance(services.db, organization.id, userId);
  return {
    status: 200,
    body: {
      orgSlug: organization.slug,
      needsAuthentication: userId === null,
      needsSso: organization.requiresSso && !isLinked,
      hasAuthProvider: organization.hasAuthProvider,
      requireSso: organization.requiresSso,
      existingMember: isMember,
      needs2fa: organization.require2FA && !hasSecondFactor,
      needsEmailVerification: false,
      ...(ssoProvider === null ? {} : { ssoProvider }),
    },
  };
}

async function accept(request: ApiRequest, services: Services): Promise<Reply> {
  const found = await find(request, services);
  const actor = request.callerIfAny?.actor;
  if (!found || actor?.kind !== 'user') return refuseAcceptance();
  const exists = 'member already exists';
  const reply = await runRequestCommand(services, acceptInvite, {
    orgId: found.organization.id,
    actor,
    input: { memberId: found.invite.id, token: request.params.token! },
    writeContext: request.writeContext,
    respond: async (_tx, outcome) => (outcome === 'accepted' ? { status: 204 } : { status: 400, body: { details: exists } }),
  });
  // The command has already removed the invite. An error would roll that back, so the refusal is a
  // normal reply.
  return reply.status === 400 ? { ...reply, headers: { ...reply.headers, 'X-Sentry-Error': 'invalid' } } : reply;
}

function userOf({ callerIfAny }: ApiRequest): string | null {
  return callerIfAny?.actor.kind === 'user' ? callerIfAny.actor.userId : null;
}
