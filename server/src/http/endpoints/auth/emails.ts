import { isId, OrgError } from '@rollcall/protocol';
import * as z from 'zod';
import { notFound } from '../../../domain/authorize.ts';
import { verificationsPerUser } from '../../../identity/attempt-limits.ts';
import { readSelf } from '../../../read-path/queries/self.ts';
import { addEmail, askForVerification } from '../../../write-path/users/add-email.ts';
import { makeEmailPrimary, removeEmail } from '../../../write-path/users/change-emails.ts';
import { verifyEmail } from '../../../write-path/users/verify-email.ts';
import { aboutEmails } from '../../about/account.ts';
import { booleanField, emailField, parseBody } from '../../fields.ts';
import { refreshNow } from '../../refresh-now.ts';
import type { ApiRequest, Reply, Route } from '../../route.ts';
import type { Services } from '../../services.ts';
import { linkFields } from './link-fields.ts';
import { ownerOf, sessionOf } from './session-caller.ts';

const newEmailSchema = z.object({ email: emailField() });
const changeSchema = z.object({ isPrimary: booleanField() });
const verifySchema = z.object(linkFields);

const path = '/auth/emails/';
const sessionsOnly = { callers: 'session', scopes: [] } as const;
const recentSessionsOnly = { ...sessionsOnly, needsRecentLogin: true } as const;

/** The caller's addresses (docs/authentication.md). */
export const emailRoutes: readonly Route[] = [
  { method: 'GET', path, ...sessionsOnly, about: aboutEmails.list, handle: list },
  { method: 'POST', path, ...recentSessionsOnly, about: { ...aboutEmails.add, body: newEmailSchema }, handle: add },
  { method: 'POST', path: `${path}verify/`, ...sessionsOnly, about: { ...aboutEmails.verify, body: verifySchema }, handle: verify },
  {
    method: 'PUT',
    path: `${path}:email/`,
    ...recentSessionsOnly,
    about: { ...aboutEmails.makePrimary, body: changeSchema },
    handle: makePrimary,
  },
  { method: 'DELETE', path: `${path}:email/`, ...recentSessionsOnly, about: aboutEmails.remove, handle: remove },
  { method: 'POST', path: `${path}:email/ask/`, ...sessionsOnly, about: aboutEmails.ask, handle: ask },
];

async function list({ caller }: ApiRequest, { db }: Services): Promise<Reply> {
  const self = await readSelf(db, sessionOf(caller).userId);
  if (!self) throw notFound();
  const { emails, user } = self;
  return { status: 200, body: emails.map((one) => ({ ...one, isPrimary: one.email === user.email })) };
}

async function add({ caller, body }: ApiRequest, { writePath, attempts }: Services): Promise<Reply> {
  const { email } = parseBody(newEmailSchema, body);
  const { userId } = sessionOf(caller);
  await attempts.count(verificationsPerUser, userId);
  return { status: 201, body: { ...(await addEmail(writePath, ownerOf(caller), email)), isPrimary: false } };
}

async function ask(request: ApiRequest, { writePath, attempts }: Services): Promise<Reply> {
  const { userId } = sessionOf(request.caller);
  await attempts.count(verificationsPerUser, userId);
  if (!(await askForVerification(writePath, ownerOf(request.caller), namedEmail(request)))) throw notFound();
  return { status: 202 };
}

async function verify({ caller, body }: ApiRequest, { writePath }: Services): Promise<Reply> {
  const { id, token } = parseBody(verifySchema, body);
  await verifyEmail(writePath, ownerOf(caller), { tokenId: id, token });
  return { status: 204 };
}

async function makePrimary(request: ApiRequest, services: Services): Promise<Reply> {
  const { isPrimary } = parseBody(changeSchema, request.body);
  if (!isPrimary) throw new OrgError('invalid', 'Make another address the primary one instead.');
  const { userId } = sessionOf(request.caller);
  await makeEmailPrimary(services.writePath, ownerOf(request.caller), namedEmail(request));
  await refreshNow(services, userId, request.writeContext.requestId);
  return list(request, services);
}

async function remove(request: ApiRequest, { writePath }: Services): Promise<Reply> {
  await removeEmail(writePath, ownerOf(request.caller), namedEmail(request));
  return { status: 204 };
}

function namedEmail({ params }: ApiRequest): string {
  const id = params.email!;
  if (!isId(id)) throw notFound();
  return id;
}
