import * as z from 'zod';
import { hashPassword, passwordLengthMax, passwordLengthMin } from '../../../identity/passwords.ts';
import { findInvite } from '../../../read-path/queries/find-invite.ts';
import { createUser } from '../../../write-path/users/create-user.ts';
import { idField, nameField, parseBody, passwordField, stringField } from '../../fields.ts';
import type { ApiRequest, Reply } from '../../route.ts';
import type { Services } from '../../services.ts';
import { invalidInvite } from '../accept-invite.ts';
import { answerSelf } from './answer-self.ts';
import { startSession } from './start-session.ts';

export const registerSchema = z.object({
  /** The invite's: a member id, and the token that its mail has. */
  member: idField(),
  token: stringField({ max: 64 }),
  name: nameField({ max: 200, allowBlank: true }).optional(),
  password: passwordField({ min: passwordLengthMin, max: passwordLengthMax }),
});

/**
 * Makes an account for the address of an invite, which whoever has its token can read mail at, and logs them in
 * (docs/authentication.md). Nobody else can register, and an account that is there is never touched (S-11).
 */
export async function register(request: ApiRequest, services: Services): Promise<Reply> {
  const { member, token, name = '', password } = parseBody(registerSchema, request.body);
  const found = await findInvite(services.db, member, token, null, new Date().toISOString());
  if (!found) throw invalidInvite();
  const passwordHash = await hashPassword(password);
  const userId = await createUser(services.writePath, { email: found.invite.email!, name, passwordHash, isActive: true });
  const sessionToken = await startSession(request, services, { userId, passwordHash }, null);
  const { body } = await answerSelf(services, userId);
  return { status: 201, body, headers: { 'Set-Cookie': services.sessionCookie.write(sessionToken) } };
}
