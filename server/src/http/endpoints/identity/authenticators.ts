import { OrgError } from '@rollcall/protocol';
import { ownAuthenticatorShape, recoveryCodesShape, totpSetupShape } from '@rollcall/protocol/rest/shapes';
import qrcode from 'qrcode-generator';
import * as z from 'zod';
import { notFound } from '../../../domain/authorize.ts';
import { beginTotp, confirmTotp, mintAuthenticator } from '../../../identity/passwords/authenticators.ts';
import { readSecondFactors } from '../../../identity/passwords/second-factors.ts';
import { readAuthenticators } from '../../../read-path/queries/identity/user-details.ts';
import { attemptLimits } from '../../../runtime/limits/rows/attempts.ts';
import type { ChangeAuthenticators } from '../../../write-path/users/second-factors/change-authenticators.ts';
import { parseBody, stringField } from '../../requests/fields.ts';
import type { ApiRequest, Reply, Route } from '../../route.ts';
import type { Services } from '../../services.ts';
import { changeOwnAuthenticators } from './change-own-authenticators.ts';
import { presentOwnAuthenticator } from './present-user.ts';
import { sessionOf } from './session-caller.ts';

/** A sealed setup has some 200 characters. */
const confirmSchema = z.object({
  setup: stringField({ max: 1_000 }).describe('The opaque state from the start of the setup.'),
  code: stringField({ max: 16 }).describe('A current code of the authenticator app.'),
});

const path = '/auth/authenticators/';
const sessionsOnly = { callers: 'session', scopes: [], needsFullLogin: true, isForEnrolment: true } as const;
export const recentSessionsOnly = { ...sessionsOnly, needsRecentLogin: true, needsRecentCode: true } as const;

/** The caller's second factor and recovery codes (docs/authentication.md). */
export const authenticatorRoutes: readonly Route[] = [
  {
    method: 'GET',
    path,
    ...sessionsOnly,
    metadata: {
      tag: 'Account',
      id: 'listAuthenticators',
      summary: 'List the caller’s second factors and recovery codes',
      description:
        'Returns an entry for the authenticator app, for each passkey (`webauthn`) and for the recovery codes, without their secrets. `codesLeft` is the number of recovery codes that are left.',
      responses: { 200: z.array(ownAuthenticatorShape) },
    },
    handle: list,
  },
  {
    method: 'POST',
    path: `${path}totp/`,
    ...recentSessionsOnly,
    metadata: {
      tag: 'Account',
      id: 'beginTotp',
      summary: 'Begin the setup of an authenticator app',
      description:
        'Returns a new secret and stores nothing. To finish the setup, send `setup` and a code of the app to `/api/0/auth/authenticators/totp/confirm/`.',
      responses: { 200: totpSetupShape },
    },
    handle: begin,
  },
  {
    method: 'DELETE',
    path: `${path}totp/`,
    ...recentSessionsOnly,
    metadata: {
      tag: 'Account',
      id: 'removeTotp',
      summary: 'Remove the authenticator app',
      description:
        'Removes the authenticator app, and without a passkey the recovery codes too. The user then immediately loses access to organizations that require a second factor.',
      isCommand: true,
      isUnrepeatable: true,
      responses: { 204: null },
      errors: ['not-found'],
    },
    handle: removeTotp,
  },
  {
    method: 'POST',
    path: `${path}totp/confirm/`,
    ...recentSessionsOnly,
    metadata: {
      tag: 'Account',
      id: 'confirmTotp',
      summary: 'Finish the setup of an authenticator app',
      description:
        'Enrols the app, which replaces an earlier one, and ends the user’s other sessions. Returns ten new recovery codes, which no other response contains.',
      isCommand: true,
      isUnrepeatable: true,
      responses: { 201: recoveryCodesShape },
      body: confirmSchema,
    },
    handle: confirm,
  },
  {
    method: 'POST',
    path: `${path}recovery/`,
    ...recentSessionsOnly,
    metadata: {
      tag: 'Account',
      id: 'renewRecoveryCodes',
      summary: 'Replace the recovery codes',
      description: 'Returns ten new recovery codes. The earlier codes no longer work.',
      isCommand: true,
      isUnrepeatable: true,
      responses: { 201: recoveryCodesShape },
    },
    handle: renewRecoveryCodes,
  },
];

async function list({ caller }: ApiRequest, { db }: Services): Promise<Reply> {
  return { status: 200, body: (await readAuthenticators(db, sessionOf(caller).userId)).map(presentOwnAuthenticator) };
}

async function begin({ caller }: ApiRequest, { secret, productName, attempts }: Services): Promise<Reply> {
  await attempts.count(attemptLimits.enrolmentsPerUser, sessionOf(caller).userId);
  const setup = beginTotp(sessionOf(caller).userId, secret, { issuer: productName, label: caller.session!.username });
  return { status: 200, body: { ...setup, qr: drawQr(setup.uri) } };
}

/** Draws a QR code as SVG, in a URL for an image element. */
function drawQr(text: string): string {
  const code = qrcode(0, 'M');
  code.addData(text);
  code.make();
  return `data:image/svg+xml;base64,${Buffer.from(code.createSvgTag({ scalable: true })).toString('base64')}`;
}

/**
 * Enables the app with one of its codes. The recovery codes of the response are shown only once.
 */
async function confirm(request: ApiRequest, services: Services): Promise<Reply> {
  const { setup, code } = parseBody(confirmSchema, request.body);
  const { userId, sessionId } = sessionOf(request.caller);
  await services.attempts.count(attemptLimits.codesPerSession, sessionId);
  const totp = confirmTotp(userId, services.secret, setup, code);
  if (!totp) throw new OrgError('invalid', 'The code is wrong, or the setup has expired. Start the setup again.');
  await services.attempts.forget(attemptLimits.codesPerSession, sessionId);
  const recovery = mintAuthenticator('recovery', userId, services.secret);
  const put = [
    { type: 'totp', ...totp },
    { type: 'recovery', storedSecret: recovery.storedSecret, lastCounter: null },
  ] as const;
  const { headers = {} } = await change(request, services, { put, remove: [], notice: 'second-factor-added' });
  return { status: 201, body: recovery.shown, headers };
}

/**
 * Takes effect at once: without a passkey, the user also loses access to organizations that require
 * a second factor.
 */
async function removeTotp(request: ApiRequest, services: Services): Promise<Reply> {
  const { totp } = await readSecondFactors(services.db, sessionOf(request.caller).userId);
  if (!totp) throw notFound();
  const { headers = {} } = await change(request, services, { put: [], remove: ['totp'], notice: 'second-factor-removed' });
  return { status: 204, headers };
}

async function renewRecoveryCodes(request: ApiRequest, services: Services): Promise<Reply> {
  const { userId } = sessionOf(request.caller);
  const { types } = await readSecondFactors(services.db, userId);
  if (types.length === 0) throw new OrgError('invalid', 'Set up an authenticator app or a passkey first.');
  const { shown, storedSecret } = mintAuthenticator('recovery', userId, services.secret);
  const put = [{ type: 'recovery', storedSecret, lastCounter: null }] as const;
  const { headers = {} } = await change(request, services, { put, remove: [], notice: 'recovery-codes-made' });
  return { status: 201, body: shown, headers };
}

type Change = Pick<ChangeAuthenticators, 'put' | 'remove' | 'notice'>;

function change(request: ApiRequest, services: Services, change: Change): Promise<Reply> {
  return changeOwnAuthenticators(request, services, { change, respond: async () => ({ status: 204 }) });
}
