import { OrgError } from '@rollcall/protocol';
import { inviteShape } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { lacksSecondFactor } from '../../../domain/authorize.ts';
import { findInvite, readAcceptance } from '../../../read-path/queries/invites/find-invite.ts';
import { acceptInvite, refuseAcceptance } from '../../../write-path/commands/invites/accept-invite.ts';
import { countWrongLink } from '../../limits/count-wrong-link.ts';
import { idField, parseBody, stringField } from '../../requests/fields.ts';
import type { ApiRequest, Reply, Route } from '../../route.ts';
import { runRequestCommand } from '../../run-request-command.ts';
import type { Services } from '../../services.ts';

const tag = 'Invites and requests';

/** The values in the link of an invite, for bodies. */
export const inviteFields = {
  member: idField().describe('Id of the invite, from the link in its mail.'),
  token: stringField({ max: 64 }).describe('Token of the invite, from the link in its mail.'),
};
const inviteSchema = z.object(inviteFields);

/** The invite that a request names. */
interface NamedInvite {
  readonly member: string;
  readonly token: string;
  /** Null if the request does not name it. */
  readonly organization: string | null;
}

/**
 * Sentry's routes that show and accept an invite, with its token in the path. Our own pages and the
 * client call the routes of `acceptInviteRoutes`, because logs contain paths.
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
        description: 'Like `readInviteOfLink`, with the token in the path, as in Sentry. Proxies may log it; prefer `readInviteOfLink`.',
        responses: { 200: inviteShape },
      },
      handle: (request, services) => show(request, inviteOfPath(request), services),
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
          'Like `acceptInviteOfLink`, with the token in the path, as in Sentry. Proxies may log it; prefer `acceptInviteOfLink`.',
        isCommand: true,
        responses: { 204: null },
      },
      handle: (request, services) => accept(request, inviteOfPath(request), services),
    },
  ];
}

function inviteOfPath({ params }: ApiRequest): NamedInvite {
  return { member: params.member!, token: params.token!, organization: params.organization ?? null };
}

async function readOfLink(request: ApiRequest, services: Services): Promise<Reply> {
  return show(request, { ...parseBody(inviteSchema, request.body), organization: null }, services);
}

async function acceptOfLink(request: ApiRequest, services: Services): Promise<Reply> {
  return accept(request, { ...parseBody(inviteSchema, request.body), organization: null }, services);
}

/** An invite can be named with or without its organization (REST contract 7.4). */
export const acceptInviteRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/accept-invite/details/',
    callers: 'anyone',
    scopes: [],
    metadata: {
      tag,
      id: 'readInviteOfLink',
      summary: 'Retrieve an invite',
      description:
        'Returns whether the caller must log in or set up a second factor before they can accept the invite. The token in the body authorizes the request.',
      responses: { 200: inviteShape },
      body: inviteSchema,
    },
    handle: readOfLink,
  },
  {
    method: 'POST',
    path: '/accept-invite/',
    callers: 'anyone',
    needsFullLogin: true,
    scopes: [],
    metadata: {
      tag,
      id: 'acceptInviteOfLink',
      isForUsers: true,
      summary: 'Accept an invite',
      description:
        'Makes the caller a member of the organization. The caller’s email address need not be the invited one. If the caller is already a member, the response is 400 and the invite is removed.',
      isCommand: true,
      responses: { 204: null },
      body: inviteSchema,
    },
    handle: acceptOfLink,
  },
  ...routesOn('/accept-invite/:organization/:member/:token/', 'InOrganization', 'an organization’s invite by its path'),
  ...routesOn('/accept-invite/:member/:token/', '', 'an invite by its path'),
];

/** The same error for every fault of an invite. */
export function invalidInvite(): OrgError {
  const message = 'Invalid invite code';
  return new OrgError('invalid', message, { body: { details: message } });
}

async function find(request: ApiRequest, { member, token, organization }: NamedInvite, services: Services) {
  const found = await findInvite(services.db, member, token, organization, new Date().toISOString());
  if (!found) countWrongLink(request, services);
  return found;
}

async function show(request: ApiRequest, invite: NamedInvite, services: Services): Promise<Reply> {
  const found = await find(request, invite, services);
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
      needs2fa: organization.require2FA && (!hasSecondFactor || lacksSecondFactorOf(request)),
      needsEmailVerification: false,
      ...(ssoProvider === null ? {} : { ssoProvider }),
    },
  };
}

async function accept(request: ApiRequest, invite: NamedInvite, services: Services): Promise<Reply> {
  const found = await find(request, invite, services);
  const actor = request.callerIfAny?.actor;
  if (!found || actor?.kind !== 'user') return refuseAcceptance();
  const exists = 'member already exists';
  const reply = await runRequestCommand(services, acceptInvite, {
    orgId: found.organization.id,
    actor,
    input: { memberId: found.invite.id, token: invite.token },
    writeContext: request.writeContext,
    respond: async (_tx, outcome) => (outcome === 'accepted' ? { status: 204 } : { status: 400, body: { details: exists } }),
  });
  // The command has already removed the invite. An error would roll that back, so the refusal is a
  // normal reply.
  return reply.status === 400 ? { ...reply, headers: { ...reply.headers, 'X-Sentry-Error': 'invalid' } } : reply;
}

/** The login of a user with a second factor may have used none. */
function lacksSecondFactorOf({ callerIfAny }: ApiRequest): boolean {
  return callerIfAny?.actor.kind === 'user' && lacksSecondFactor(callerIfAny.actor);
}

function userOf({ callerIfAny }: ApiRequest): string | null {
  return callerIfAny?.actor.kind === 'user' ? callerIfAny.actor.userId : null;
}
