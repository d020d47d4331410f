import assert from 'node:assert/strict';
import { Secret, TOTP } from 'otpauth';
import { nextNumber, type Person } from './provision.ts';
import type { Api, TestResponse } from './server.ts';

export const goodPassword = 'correct horse battery staple';

export interface Account {
  readonly id: string;
  readonly email: string;
}

/** A user who can log in with `goodPassword`. */
export async function anAccount(server: Api): Promise<Account> {
  const email = `account-${nextNumber()}@example.com`;
  const made = await server.operate('POST', '/users/', { email, name: 'An Account', password: goodPassword });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  return { id: made.body.id, email };
}

/** The person of an account, who has no token and is a member of no organization. */
export function personOf({ id, email }: Account): Person {
  return { userId: id, email, token: '', tokenId: '', memberId: null };
}

/** The session's `Cookie` header, from a response that sets it. */
export function cookieOf({ headers }: TestResponse): string {
  const [cookie = ''] = (headers.get('set-cookie') ?? '').split(';');
  assert.match(cookie, /^(__Host-)?rollcall_session=.+$/);
  return cookie;
}

/** The `Cookie` header by which the account recognizes the browser of a login. */
export function deviceCookieOf({ headers }: TestResponse): string {
  const [cookie = ''] = headers.getSetCookie().flatMap((header) => /^(__Host-)?rollcall_device=[^;]+/.exec(header)?.[0] ?? []);
  assert.notEqual(cookie, '', 'the response sets no cookie for the browser');
  return cookie;
}

export async function logIn(server: Api, { email }: { readonly email: string }, otp?: string): Promise<string> {
  const body = { username: email, password: goodPassword, ...(otp === undefined ? {} : { otp }) };
  const answer = await server.request('POST', '/api/0/auth/login/', { body });
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return cookieOf(answer);
}

/** The code that an authenticator app shows, `steps` of 30 s from now. */
export function codeOf(secret: string, steps = 0): string {
  return new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + steps * 30_000 });
}

/** Enrols an authenticator app in the session, which then counts as one with a second factor. */
export async function setUpSecondFactor(server: Api, cookie: string): Promise<{ readonly secret: string; readonly codes: string[] }> {
  const path = '/api/0/auth/authenticators/totp/';
  const { setup, secret } = (await server.request('POST', path, { cookie })).body;
  // The code of the former step, so that a login can use the current one.
  const confirmed = await server.request('POST', `${path}confirm/`, { cookie, body: { setup, code: codeOf(secret, -1) } });
  assert.equal(confirmed.status, 201, JSON.stringify(confirmed.body));
  return { secret, codes: confirmed.body.codes };
}
