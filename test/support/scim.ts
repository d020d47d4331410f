import { createScimToken } from '../../server/src/features/scim/commands/create-scim-token.ts';
import { minterOf } from '../../server/src/identity/tokens/org-token.ts';
import { runCommand } from '../../server/src/write-path/run-command.ts';
import { addAuthProvider, changeAuthProvider, changeRecords } from './security-records.ts';
import type { TestResponse, TestServer } from './server.ts';

/** Calls below `/scim/v2` with the token of an identity provider. */
export interface ScimClient {
  readonly token: string;
  (method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<TestResponse>;
}

/** Adds a provider that uses SCIM, and returns a client with its token. */
export async function enableScim(server: TestServer, orgId: string, key = 'okta'): Promise<ScimClient> {
  await addAuthProvider(server, orgId, { scimEnabled: true, key });
  return scimClient(server, orgId, await mintScimToken(server, orgId));
}

export async function setScim(
  server: TestServer,
  orgId: string,
  fields: { readonly scimEnabled?: boolean; readonly status?: 'draft' | 'active'; readonly key?: string },
): Promise<void> {
  await changeRecords(server, orgId, (state) => changeAuthProvider(state, fields));
}

export async function mintScimToken(server: TestServer, orgId: string): Promise<string> {
  let text = '';
  await runCommand(server.services.writePath, createScimToken, {
    orgId,
    actor: { kind: 'system' },
    input: { mint: minterOf(server.url), credential: null },
    requestId: null,
    respond: async (_tx, created) => {
      text = created.text;
      return { status: 204 };
    },
  });
  return text;
}

export function scimClient(server: TestServer, org: string, token: string): ScimClient {
  const call = (method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}) =>
    server.request(method, `/api/0/organizations/${org}/scim/v2${path}`, { token, body, headers });
  return Object.assign(call, { token });
}

/** A body of PATCH. */
export function patchOf(...Operations: readonly object[]) {
  return { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations };
}
