import assert from 'node:assert/strict';
import { connect, type RollcallClient } from '@rollcall/client';

describe('reads over REST (against a substitute for fetch)', () => {
  let client: RollcallClient;
  let requested: URL[];
  let answer: Response;

  beforeEach(() => {
    requested = [];
    client = connect({
      url: 'http://127.0.0.1:9',
      fetch: async (url, init) => {
        requested.push(new URL(String(url)));
        assert.deepEqual([init?.method, init?.credentials, new Headers(init?.headers).get('Authorization')], ['GET', 'include', null]);
        return answer;
      },
    });
  });
  afterEach(() => client.close());

  it('lists are paginated, and contain the cursor of the next page', async () => {
    const link = (rel: string, cursor: string, results: boolean) =>
      `<http://x/?query=a,b&cursor=${cursor}>; rel="${rel}"; results="${results}"; cursor="${cursor}"`;
    answer = new Response('[{"id":"3"}]', { headers: { Link: `${link('previous', '50:0:1', false)}, ${link('next', '50:2:0', true)}` } });
    const page = await client.organization('acme').read.members({ query: 'role:owner "Ada L"', perPage: 50, cursor: '50:1:0' });
    assert.deepEqual(page, { rows: [{ id: '3' }], next: '50:2:0', previous: null });
    assert.equal(requested[0]?.pathname, '/api/0/organizations/acme/members/');
    assert.deepEqual(Object.fromEntries(requested[0]!.searchParams), { query: 'role:owner "Ada L"', per_page: '50', cursor: '50:1:0' });
  });

  it('the audit log is a list too, with filters', async () => {
    answer = new Response('{"rows":[{"id":"1"}],"options":[]}');
    const { rows, next } = await client.organization('acme').read.auditLog({ event: 'member.add', statsPeriod: '14d' });
    assert.deepEqual([rows.length, next, requested[0]?.search], [1, null, '?event=member.add&statsPeriod=14d']);
  });

  it('other reads return the response body alone, and need no query', async () => {
    answer = new Response('{"user":null,"auth":null,"version":"0"}');
    assert.deepEqual(await client.session.current(), { user: null, auth: null, version: '0' });
    assert.equal(requested[0]?.href, 'http://127.0.0.1:9/api/0/');
  });
});
