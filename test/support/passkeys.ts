import assert from 'node:assert/strict';
import type { Api, TestResponse } from './server.ts';
import type { Deviations, SoftwareAuthenticator } from './software-authenticator.ts';

const enrolment = '/api/0/auth/authenticators/webauthn/';

/** Adds a passkey in a session. */
export async function addPasskey(
  server: Api,
  cookie: string,
  authenticator: SoftwareAuthenticator,
  { name = 'Laptop', finishAt = server }: { readonly name?: string; readonly finishAt?: Api } = {},
): Promise<{ readonly id: string; readonly codes: string[] | null }> {
  const begun = await server.request('POST', enrolment, { cookie });
  assert.equal(begun.status, 200, JSON.stringify(begun.body));
  const body = { name, passkey: authenticator.create(begun.body) };
  const added = await finishAt.request('POST', `${enrolment}confirm/`, { cookie, body });
  assert.equal(added.status, 201, JSON.stringify(added.body));
  return added.body;
}

/** A request that a browser has begun, with its cookies. */
export interface BegunRequest {
  readonly cookie: string;
  // biome-ignore lint/suspicious/noExplicitAny: the tests change the options in ways of their own
  readonly options: any;
}

/** @param cookie the session of the browser, if it has one */
export async function beginPasskey(server: Api, cookie?: string): Promise<BegunRequest> {
  const begun = await server.request('POST', '/api/0/auth/passkey/', { cookie });
  assert.equal(begun.status, 200, JSON.stringify(begun.body));
  const [flow = ''] = begun.headers.getSetCookie();
  return { cookie: [cookie ?? '', flow.split(';')[0]].filter((one) => one !== '').join('; '), options: begun.body };
}

export async function logInWithPasskey(
  server: Api,
  authenticator: SoftwareAuthenticator,
  { deviations = {}, finishAt = server }: { readonly deviations?: Deviations; readonly finishAt?: Api } = {},
): Promise<TestResponse> {
  const { cookie, options } = await beginPasskey(server);
  return finishAt.request('POST', '/api/0/auth/passkey/login/', { cookie, body: { passkey: authenticator.get(options, deviations) } });
}
