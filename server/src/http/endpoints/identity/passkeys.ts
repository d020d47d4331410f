import { randomBytes } from 'node:crypto';
import { apiLimits, isId, OrgError } from '@rollcall/protocol';
import { newPasskeyShape, ownAuthenticatorShape, passkeySetupShape } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { notFound } from '../../../domain/authorize.ts';
import { challengeSecondsMax, openChallenge, sealChallenge } from '../../../identity/passkeys/challenges.ts';
import { signatureAlgorithms, verifyRegistration } from '../../../identity/passkeys/verify-passkey.ts';
import { mintAuthenticator } from '../../../identity/passwords/authenticators.ts';
import { readKnownPasskeys } from '../../../read-path/queries/identity/known-passkeys.ts';
import { readAuthenticators } from '../../../read-path/queries/identity/user-details.ts';
import { attemptLimits } from '../../../runtime/limits/rows/attempts.ts';
import { assertRoomForPasskey } from '../../../write-path/users/second-factors/change-authenticators.ts';
import { renamePasskey } from '../../../write-path/users/second-factors/rename-passkey.ts';
import { nameField, parseBody } from '../../requests/fields.ts';
import { registrationField } from '../../requests/passkey-fields.ts';
import type { ApiRequest, Reply, Route } from '../../route.ts';
import type { Services } from '../../services.ts';
import { recentSessionsOnly } from './authenticators.ts';
import { changeOwnAuthenticators } from './change-own-authenticators.ts';
import { presentOwnAuthenticator } from './present-user.ts';
import { assertPasskeysWork } from './prove-passkey.ts';
import { ownerOf, sessionOf } from './session-caller.ts';

const name = nameField({ max: apiLimits.tokenNameLengthMax }).describe('The name by which the user recognizes the passkey.');
const confirmSchema = z.object({ name, passkey: registrationField() });
const renameSchema = z.object({ name });

const path = '/auth/authenticators/webauthn/';

/** The caller's passkeys (docs/authentication.md). */
export const passkeyRoutes: readonly Route[] = [
  {
    method: 'POST',
    path,
    ...recentSessionsOnly,
    metadata: {
      tag: 'Account',
      id: 'beginPasskeySetup',
      summary: 'Begin the setup of a passkey',
      description:
        'Returns the options for `navigator.credentials.create`, and stores nothing. Send its result to `/api/0/auth/authenticators/webauthn/confirm/`.',
      responses: { 200: passkeySetupShape },
    },
    handle: begin,
  },
  {
    method: 'POST',
    path: `${path}confirm/`,
    ...recentSessionsOnly,
    metadata: {
      tag: 'Account',
      id: 'confirmPasskey',
      summary: 'Add a passkey',
      description:
        'Adds the passkey that the browser created, and ends the user’s other sessions. The passkey is a second factor, and alone a login with two. A user without recovery codes gets ten, which no other response contains.',
      isCommand: true,
      isUnrepeatable: true,
      responses: { 201: newPasskeyShape },
      body: confirmSchema,
    },
    handle: confirm,
  },
  {
    method: 'PUT',
    path: `${path}:passkey/`,
    ...recentSessionsOnly,
    metadata: {
      tag: 'Account',
      id: 'renamePasskey',
      summary: 'Rename a passkey',
      description: 'Changes the name that the user sees. Authenticators keep their own.',
      responses: { 200: ownAuthenticatorShape },
      errors: ['not-found'],
      body: renameSchema,
    },
    handle: rename,
  },
  {
    method: 'DELETE',
    path: `${path}:passkey/`,
    ...recentSessionsOnly,
    metadata: {
      tag: 'Account',
      id: 'removePasskey',
      summary: 'Remove a passkey',
      description:
        'Ends logins with the passkey. With the last second factor, the recovery codes go too, and the user immediately loses access to organizations that require one.',
      isCommand: true,
      isUnrepeatable: true,
      responses: { 204: null },
      errors: ['not-found'],
    },
    handle: remove,
  },
];

/**
 * WebAuthn section 14.6.1 recommends 64 random bytes. An authenticator keeps one passkey for each
 * handle.
 */
const userHandleBytes = 64;

async function begin({ caller }: ApiRequest, services: Services): Promise<Reply> {
  const { id } = assertPasskeysWork(services);
  const { userId, sessionId } = sessionOf(caller);
  await services.attempts.count(attemptLimits.enrolmentsPerUser, userId);
  const known = await readKnownPasskeys(services.db, userId);
  // Checked again with the confirmation. Until then, the device would have created it in vain.
  assertRoomForPasskey(known.length);
  const userHandle = known[0]?.userHandle ?? randomBytes(userHandleBytes).toString('base64url');
  const { username } = caller.session!;
  const body = {
    challenge: sealChallenge(services.secret, `enrolment ${sessionId}`, userHandle),
    timeout: challengeSecondsMax * 1_000,
    rp: { id, name: services.productName },
    user: { id: userHandle, name: username, displayName: username },
    pubKeyCredParams: signatureAlgorithms.map((alg) => ({ type: 'public-key', alg }) as const),
    excludeCredentials: known.map(({ credentialId, transports }) => ({ type: 'public-key', id: credentialId, transports }) as const),
    authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
    attestation: 'none',
  };
  return { status: 200, body };
}

async function confirm(request: ApiRequest, services: Services): Promise<Reply> {
  const { name, passkey } = parseBody(confirmSchema, request.body);
  const party = assertPasskeysWork(services);
  const { userId, sessionId } = sessionOf(request.caller);
  await services.attempts.count(attemptLimits.passkeysPerSession, sessionId);
  const open = (challenge: string) => openChallenge(services.secret, `enrolment ${sessionId}`, challenge);
  const verdict = await verifyRegistration(party, open, passkey);
  if (!verdict.ok) {
    services.writePath.log.info({ userId, reason: verdict.reason }, 'refused a new passkey');
    throw new OrgError('invalid', 'The passkey could not be verified, or the setup has expired. Start the setup again.');
  }
  await services.attempts.forgive(attemptLimits.passkeysPerSession, sessionId);
  const { challenge, ...key } = verdict.value;
  const recovery = mintAuthenticator('recovery', userId, services.secret);
  const { codes } = recovery.shown as { readonly codes: readonly string[] };
  return changeOwnAuthenticators(request, services, {
    change: {
      put: [],
      addPasskey: {
        passkey: { ...key, name },
        challenge,
        recovery: { type: 'recovery', storedSecret: recovery.storedSecret, lastCounter: null },
      },
      remove: [],
      notice: 'passkey-added',
    },
    respond: async ({ passkeyId, hasNewCodes }) => ({ status: 201, body: { id: passkeyId, codes: hasNewCodes ? codes : null } }),
  });
}

async function rename(request: ApiRequest, services: Services): Promise<Reply> {
  const { name } = parseBody(renameSchema, request.body);
  const id = idOf(request);
  await renamePasskey(services.writePath, ownerOf(request.caller), { id, name });
  const own = (await readAuthenticators(services.db, sessionOf(request.caller).userId)).find((one) => one.id === id);
  if (!own) throw notFound();
  return { status: 200, body: presentOwnAuthenticator(own) };
}

/** Takes effect at once, like the removal of the app. */
async function remove(request: ApiRequest, services: Services): Promise<Reply> {
  return changeOwnAuthenticators(request, services, {
    change: { put: [], remove: [], removePasskeyId: idOf(request), notice: 'passkey-removed' },
    respond: async () => ({ status: 204 }),
  });
}

function idOf({ params }: ApiRequest): string {
  const id = params.passkey!;
  if (!isId(id)) throw notFound();
  return id;
}
