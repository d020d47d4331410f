import { apiLimits } from '@rollcall/protocol';
import * as z from 'zod';
import { networkOf } from '../../../identity/limits/attempt-limits.ts';
import { clearGuesses, passwordGuesses } from '../../../identity/limits/guess-limits.ts';
import { passwordLengthMax } from '../../../identity/passwords/passwords.ts';
import { readResettingUser } from '../../../read-path/queries/identity/password-reset.ts';
import { attemptLimits } from '../../../runtime/limits/rows/attempts.ts';
import { requestPasswordReset } from '../../../write-path/users/passwords/request-password-reset.ts';
import { linkExpired, resetPassword } from '../../../write-path/users/passwords/reset-password.ts';
import { serverStreamId } from '../../../write-path/users/update-user.ts';
import { countWrongLink } from '../../limits/count-wrong-link.ts';
import { assertGoodPassword } from '../../requests/assert-good-password.ts';
import { emailField, parseBody, passwordField } from '../../requests/fields.ts';
import type { ApiRequest, Reply, Route } from '../../route.ts';
import { runRequestCommand } from '../../run-request-command.ts';
import { originOfCall } from '../../security-events/request-origin.ts';
import type { Services } from '../../services.ts';
import { endTokensField } from './end-tokens-field.ts';
import { hashOriginOf } from './hash-origin.ts';
import { linkFields } from './link-fields.ts';

const resetRequestSchema = z.object({ email: emailField().describe('The address of the user.') });
const resetSchema = z.object({
  ...linkFields,
  password: passwordField({ min: apiLimits.passwordLengthMin, max: passwordLengthMax }).describe('The new password.'),
  endTokens: endTokensField,
});

/** Sets a new password for a person who can read the account's email (docs/authentication.md). */
export const passwordResetRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/auth/password-reset/',
    callers: 'anyone',
    scopes: [],
    metadata: {
      tag: 'Account',
      id: 'askForPasswordReset',
      summary: 'Request a password reset link',
      description: 'Mails the link if a user has this address. The response is the same for an unknown address.',
      responses: { 202: null },
      body: resetRequestSchema,
    },
    handle: requestReset,
  },
  {
    method: 'POST',
    path: '/auth/password-reset/confirm/',
    callers: 'anyone',
    scopes: [],
    metadata: {
      tag: 'Account',
      id: 'resetPassword',
      summary: 'Reset the password with a mailed link',
      description:
        'Takes the `id` and `token` of the link. Ends all sessions of the user. With `endTokens`, also revokes all tokens of the user.',
      isCommand: true,
      isUnrepeatable: true,
      responses: { 204: null },
      body: resetSchema,
    },
    handle: reset,
  },
];

/**
 * The response is the same, and as fast, whether or not the user exists. The work for an existing
 * user is done afterwards.
 */
async function requestReset(
  { body, ipAddress, writeContext: { requestId } }: ApiRequest,
  { attempts, writePath }: Services,
): Promise<Reply> {
  const { email } = parseBody(resetRequestSchema, body);
  await attempts.count(attemptLimits.resetsPerAddress, networkOf(ipAddress ?? ''));
  await attempts.count(attemptLimits.resetsPerAccount, email.toLowerCase());
  requestPasswordReset(writePath, email).catch((error: unknown) => {
    writePath.log.error({ error, requestId }, 'could not mail a password reset link');
  });
  return { status: 202 };
}

async function reset(request: ApiRequest, services: Services): Promise<Reply> {
  const { id: tokenId, token, password, endTokens = false } = parseBody(resetSchema, request.body);
  await readResetting(services, { tokenId, token }).catch((error: unknown) => {
    countWrongLink(request, services);
    throw error;
  });
  // Requests with the same link run one after the other, and each checks the link again. A link
  // that is used many times at once therefore costs one hash.
  return services.links.run(`password-reset:${tokenId}`, async () => {
    const { userId, name, email } = await readResetting(services, { tokenId, token });
    await assertGoodPassword(services, 'password', password, [name, email]);
    const passwordHash = await services.passwords.hash(password, hashOriginOf(request, `password-reset:${tokenId}`));
    const { headers = {} } = await runRequestCommand(services, resetPassword, {
      orgId: serverStreamId,
      actor: { kind: 'system' },
      input: { tokenId, token, passwordHash, endTokens },
      writeContext: { ...request.writeContext, idempotencyKey: null },
      respond: async () => ({ status: 204 }),
    });
    // The counted failures were guesses at the old password.
    await clearGuesses(services.attempts, passwordGuesses, {
      account: email.toLowerCase(),
      network: networkOf(request.ipAddress ?? ''),
    });
    const target = { kind: 'user', id: userId };
    services.writePath.securityEvents.record({
      ...originOfCall(request),
      event: 'password.reset',
      kind: 'completed',
      outcome: 'success',
      target,
    });
    return { status: 204, headers };
  });
}

/** @throws OrgError `invalid` if the link was used before or has expired */
async function readResetting({ db }: Services, text: { readonly tokenId: string; readonly token: string }) {
  const user = await readResettingUser(db, text);
  if (!user) throw linkExpired();
  return user;
}
