import assert from 'node:assert/strict';
import type { Api, RequestOptions, TestResponse } from './server.ts';

export const webhooksPath = ({ slug }: { readonly slug: string }, below = '') => `/api/0/organizations/${slug}/webhooks/${below}`;

interface OwnedOrg {
  readonly slug: string;
  /** A session of an owner with a recent login. */
  readonly cookie: string;
}

export function callWebhooks(server: Api, org: OwnedOrg, method: string, below = '', body?: unknown): Promise<TestResponse> {
  return server.request(method, webhooksPath(org, below), { cookie: org.cookie, ...(body === undefined ? {} : { body }) });
}

/** A name that no server has, so that nothing arrives anywhere. */
export const receiverUrl = 'https://receiver.invalid/events?key=hidden';

export async function aWebhook(server: Api, org: OwnedOrg, fields: object = {}, options: RequestOptions = { cookie: org.cookie }) {
  const { status, body } = await server.request('POST', webhooksPath(org), { ...options, body: { url: receiverUrl, ...fields } });
  assert.equal(status, 201, JSON.stringify(body));
  return body;
}
