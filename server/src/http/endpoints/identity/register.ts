import { apiLimits } from '@rollcall/protocol';
import * as z from 'zod';
import { passwordLengthMax } from '../../../identity/passwords/passwords.ts';
import { isAddressTaken } from '../../../read-path/queries/identity/find-users.ts';
import { findInvite } from '../../../read-path/queries/invites/find-invite.ts';
import { createUser, emailTaken } from '../../../write-path/users/create-user.ts';
import { countWrongLink } from '../../limits/count-wrong-link.ts';
import { assertGoodPassword } from '../../requests/assert-good-password.ts';
import { parseBody, passwordField, personNameField } from '../../requests/fields.ts';
import type { ApiRequest, Reply } from '../../route.ts';
import { originOfCall } from '../../security-events/request-origin.ts';
import type { Services } from '../../services.ts';
import { invalidInvite, inviteFields } from '../invites/accept-invite.ts';
import { endReplacedSession } from './end-session.ts';
import { hashOriginOf } from './hash-origin.ts';
import { replyWithSelf } from './reply-with-self.ts';
import { startSession } from './start-session.ts';

export const registerSchema = z.object({
  ...inviteFields,
  name: personNameField().optional().describe('Name of the new user.'),
  password: passwordField({ min: apiLimits.passwordLengthMin, max: passwordLengthMax }).describe('Password of the new user.'),
});

/**
 * Creates an account for the address of an invite, and logs its user in (docs/authentication.md).
 * The holder of the invite's token can read email at that address. There is no other registration,
 * and an existing account is never changed (case S-11).
 */
export async function register(request: ApiRequest, services: Services): Promise<Reply> {
  const { member, token, name = '', password } = parseBody(registerSchema, request.body);
  await readInvitedAddress(services, member, token).catch((error: unknown) => {
    countWrongLink(request, services);
    throw error;
  });
  // Requests with the same invite run one after the other, and each checks the invite again. An
  // invite that is used many times at once therefore costs one hash.
  const account = await services.links.run(`invite:${member}`, async () => {
    const email = await readInvitedAddress(services, member, token);
    if (await isAddressTaken(services.db, email)) throw emailTaken();
    await assertGoodPassword(services, 'password', password, [name, email]);
    const passwordHash = await services.passwords.hash(password, hashOriginOf(request, `invite:${member}`));
    const user = { email, name, passwordHash, isActive: true };
    return { userId: await createUser(services.writePath, 'registration', user), passwordHash };
  });
  const cookies = await startSession(request, services, account, null);
  await endReplacedSession(request, services);
  const caller = { kind: 'user', id: account.userId, credential: null } as const;
  services.writePath.securityEvents.record({ ...originOfCall(request), caller, event: 'account.create', outcome: 'success' });
  const { body } = await replyWithSelf(services, account.userId);
  return { status: 201, body, headers: { 'Set-Cookie': cookies } };
}

/** @throws OrgError `invalid` when the invite cannot be accepted with this token */
async function readInvitedAddress({ db }: Services, member: string, token: string): Promise<string> {
  const found = await findInvite(db, member, token, null, new Date().toISOString());
  if (!found) throw invalidInvite();
  return found.invite.email!;
}
