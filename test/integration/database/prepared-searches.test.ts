import assert from 'node:assert/strict';
import { StatementNames } from '../../../server/src/database/connections/statement-names.ts';
import { anOrganizationOf, aPerson, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';

describe('the searches of a member', () => {
  let server: TestServer;
  let member: Person;
  let org: ProvisionedOrg;
  const named: string[] = [];
  const { nameOf } = StatementNames.prototype;

  before(async () => {
    StatementNames.prototype.nameOf = function (text) {
      const name = nameOf.call(this, text);
      if (name !== undefined) named.push(text);
      return name;
    };
    server = await startServer();
    member = await aPerson(server);
    org = await anOrganizationOf(server, member);
  });
  after(async () => {
    StatementNames.prototype.nameOf = nameOf;
    await server?.stop();
  });

  it('[R10] find the same, and take no names of prepared statements', async () => {
    const lists = {
      [`/organizations/${org.slug}/members/`]: ['role:owner', 'isInvited:false', 'user.id:0 user.id:00', 'x:y'],
      [`/organizations/${org.slug}/teams/`]: ['slug:a', 'slug:a slug:b', 'hasExternalTeams:true'],
      [`/organizations/${org.slug}/projects/`]: ['team:a', 'slug:a slug:b', 'is_member:1'],
      '/organizations/': ['slug:a', 'status:active status:x', 'platform:a'],
      '/projects/': ['slug:a', 'id:1 id:2'],
    };
    for (const [path, queries] of Object.entries(lists)) {
      for (const query of queries) {
        for (let time = 0; time < 4; time++) {
          const { status, body } = await server.request('GET', `/api/0${path}?query=${encodeURIComponent(query)}`, { token: member.token });
          assert.equal(status, 200, `${path} ${query}`);
          const isFound = path.includes('/members/') && ['role:owner', 'isInvited:false'].includes(query);
          if (path.includes('/members/')) assert.equal(body.length, isFound ? 1 : 0, query);
        }
      }
    }
    const searches = named.filter((text) => /^select .* from "(members|teams|projects|organizations)".*(limit|order by)/.test(text));
    assert.deepEqual(
      [...new Set(searches)].filter((text) => text.includes('/* search */')),
      [],
    );
    assert.deepEqual(
      [...new Set(searches)].filter((text) => /"role" in|is_member|external_teams|"platform" in/.test(text)),
      [],
    );
    assert.ok(named.length > 0, 'no statement was named');
  });
});
