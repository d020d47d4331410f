import assert from 'node:assert/strict';
import { scopes } from '../../protocol/src/index.ts';
import { describeOwnApi } from '../../server/src/http/openapi/router.ts';
import { routes } from '../../server/src/http/routes.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { anOwnerAccount, aWholeOrganization, type OwnerAccount } from './whole-organization.ts';
import { fillIn, namesOf, parametersOf, writingRoutes } from './writing-routes.ts';

const refusals: readonly number[] = [400, 401, 403, 404];

/** Queries without which these routes do not show whether the caller is permitted. */
const queries: Readonly<Record<string, string>> = { 'GET /organizations/:org/can/': '?userId=1&scope=org:read' };

/** This integration has no people and no channels: 400 then means that a token is accepted. */
const needOtherIntegration = new Set([
  'GET /organizations/:org/integrations/:integration/drift/',
  'GET /organizations/:org/integrations/:integration/channels/',
]);

type Mint = (server: TestServer, orgId: string) => Promise<{ readonly body: { readonly token: string } }>;

/**
 * The two kinds of tokens without a user. The same operations accept both, apart from
 * `refusedToServices`.
 */
const credentials: Readonly<Record<string, Mint>> = {
  'organization tokens': (server, orgId) => server.operate('POST', `/organizations/${orgId}/tokens/`, { name: 'all', scopes }),
  'service tokens': (server) => server.operate('POST', '/service-tokens/', { name: 'all', scopes }),
};

/** The description names no service tokens as such: the text of this operation does. */
const refusedToServices: readonly string[] = ['POST /organizations/:org/org-auth-tokens/'];

describe('[H-46] tokens without a user', function () {
  this.timeout(240_000);
  let server: TestServer;
  let owner: OwnerAccount;

  before(async () => {
    server = await startServer({ LIMIT_SERVICE_TOKENS: '1000' });
    owner = await anOwnerAccount(server);
  });
  after(() => server?.stop());

  for (const [name, mint] of Object.entries(credentials)) {
    it(`[H-46] ${name} are accepted by exactly the operations whose documentation has them, with every scope`, () =>
      assertDocumented(mint, name === 'service tokens' ? refusedToServices : []));
  }

  async function assertDocumented(mint: Mint, refused: readonly string[]): Promise<void> {
    const { paths } = await describeOwnApi('test');
    const wrong: string[] = [];
    // A refused request changes nothing, so the next one can have the same organization.
    let unchanged = await aWholeOrganization(server, owner);
    for (const { method, path, callers } of routes) {
      if (callers === 'session') continue;
      const row = writingRoutes[`${method} ${path}`];
      if (row && typeof row !== 'function' && path !== '/organizations/') continue;
      const org = unchanged;
      const minted = await mint(server, org.id);
      const { params = {}, body = undefined } =
        typeof row === 'function' ? row(org) : path === '/organizations/' ? { body: { name: 'Made' } } : {};
      const own = Object.fromEntries(parametersOf(path).map((name) => [name, namesOf(org, path, name)[0]!]));
      const call = (token: string) =>
        server.request(method, `${fillIn(path, { ...own, ...params })}${queries[`${method} ${path}`] ?? ''}`, {
          token,
          ...(method === 'GET' || body === undefined ? {} : { body }),
        });
      const { status } = await call(minted.body.token);
      const isTaken = !refusals.includes(status) || (status === 400 && needOtherIntegration.has(`${method} ${path}`));
      if (isTaken && method !== 'GET') unchanged = await aWholeOrganization(server, owner);
      const operation = paths[`/api/0${path.replaceAll(/:(\w+)/g, '{$1}')}`]![method.toLowerCase()]!;
      const isDescribed = operation.security.some((scheme) => 'organizationToken' in scheme) && !refused.includes(`${method} ${path}`);
      if (isDescribed !== isTaken) wrong.push(`${method} ${path}: ${isDescribed ? 'described and refused' : 'not described and accepted'}`);
    }
    assert.deepEqual(wrong, []);
  }
});
