import assert from 'node:assert/strict';
import http from 'node:http';
import { hashToken } from '../../../server/src/runtime/secrets/hash-token.ts';
import { eventually } from '../../support/eventually.ts';
import { readMetric } from '../../support/metrics.ts';
import { githubSettings } from '../../support/providers/github.ts';
import { gitlabSettings } from '../../support/providers/gitlab.ts';
import { slackSettings } from '../../support/providers/slack.ts';
import { addMember, anOrganizationOf, aPerson, nextNumber, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import { startServer, type TestResponse, type TestServer } from '../../support/server.ts';

const perCredential = 12;
const perAddress = 40;
const members = 5;
const concurrent = 30;
const tooFrequent = (limit: number) => ({
  detail: `You are attempting to use this endpoint too frequently. Limit is ${limit} requests in 1 seconds`,
});

interface GuessedLink {
  readonly method: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/**
 * Limits in one process, without Redis. The test acts as the proxy that names the client's address.
 */
describe('limits on requests', () => {
  let server: TestServer;
  let owner: Person;
  let org: ProvisionedOrg;
  let address: string;

  before(async () => {
    server = await startServer({
      TRUSTED_PROXIES: 'loopback',
      RATE_LIMIT_PER_CREDENTIAL: String(perCredential),
      RATE_LIMIT_PER_ADDRESS: String(perAddress),
      RATE_LIMIT_MEMBERS: String(members),
      RATE_LIMIT_CONCURRENT: String(concurrent),
    });
  });
  after(() => server?.stop());

  beforeEach(async () => {
    owner = await aPerson(server);
    address = anAddress();
    await eventually(async () => {
      org = await anOrganizationOf(server, owner);
    });
  });

  const anAddress = () => `203.0.113.${nextNumber() % 256}`;

  const call = (method: string, path: string, token?: string, from = address) =>
    server.request(method, path, { ...(token ? { token } : {}), headers: { 'X-Forwarded-For': from } });

  const many = (count: number, one: (number: number) => Promise<TestResponse>) =>
    Promise.all(Array.from({ length: count }, (_, number) => one(number)));

  const tally = (answers: readonly TestResponse[]) => answers.filter(({ status }) => status === 429).length;

  /**
   * Runs an attempt again if a busy machine spread its requests over two seconds, since a limit
   * applies to each second.
   */
  const withinOneSecond = <T>(attempt: () => Promise<T>) => eventually(attempt, { timeoutMs: 10_000, intervalMs: 1_000 });

  it('[1.4] report the limit state to every caller, also with rejections', async () => {
    for (const [path, token, status] of [
      ['/api/0/organizations/', owner.token, 200],
      ['/api/0/nowhere/', owner.token, 404],
      ['/api/0/organizations/', undefined, 401],
    ] as const) {
      const answer = await call('GET', path, token, anAddress());
      assert.equal(answer.status, status);
      const header = (name: string) => Number(answer.headers.get(`x-sentry-rate-limit-${name}`));
      const limit = token ? perCredential : perAddress;
      assert.equal(header('limit'), limit, path);
      assert.ok(header('remaining') < limit && header('remaining') >= 0, `${header('remaining')} remain`);
      assert.ok(Math.abs(header('reset') - Date.now() / 1_000) < 3, `${header('reset')} is not about now`);
      assert.deepEqual([header('concurrentlimit'), header('concurrentremaining')], [concurrent, concurrent - 1]);
      assert.match(answer.headers.get('access-control-expose-headers') ?? '', /\bRetry-After\b/);
    }
  });

  it('[1.4] apply to each token separately, with the contract’s error text', async () => {
    const other = await aPerson(server);
    const query = (token: string) => call('GET', '/api/0/organizations/', token, anAddress());
    await withinOneSecond(async () => {
      const answers = await many(perCredential + 3, () => query(owner.token));
      assert.equal(tally(answers), 3);
      const refused = answers.find(({ status }) => status === 429)!;
      assert.deepEqual(refused.body, tooFrequent(perCredential));
      assert.equal(refused.headers.get('retry-after'), '1');
      assert.equal(refused.headers.get('x-sentry-rate-limit-remaining'), '0');
      assert.equal(refused.headers.get('x-sentry-error'), 'rate-limited');
      assert.equal(refused.headers.get('access-control-allow-origin'), '*');
      assert.equal((await query(other.token)).status, 200);
    });
    await eventually(async () => assert.equal((await query(owner.token)).status, 200));
    assert.ok((await readMetric(server, 'rollcall_requests_limited_total{reason="requestsPerCredential"}')) >= 3, 'not counted');
  });

  it('[1.4] [H-01] count the anonymous requests of an address together, apart from those with a credential', async () => {
    await withinOneSecond(async () => {
      const paths = ['/api/0/organizations/', '/api/0/nowhere/', '/login/', '/accept/'];
      const answers = await many(perAddress + 4, (number) => call('GET', paths[number % paths.length]!));
      assert.equal(tally(answers), 4);
      assert.deepEqual(answers.at(-1)!.body, tooFrequent(perAddress));
      assert.equal((await call('GET', '/api/0/organizations/', owner.token)).status, 200);
    });
    assert.equal((await call('OPTIONS', '/api/0/organizations/')).status, 200);
  });

  it('[1.4] [H-01] count a large document without a credential by its size', async () => {
    for (const path of ['/api/0/openapi.json', '/api/docs']) {
      await withinOneSecond(async () => {
        const from = anAddress();
        const [first, ...later] = [await call('GET', path, undefined, from), ...(await many(3, () => call('GET', path, undefined, from)))];
        assert.equal(first.status, 200, path);
        assert.equal(tally(later), 3, path);
        assert.equal((await call('HEAD', path, undefined, anAddress())).status, 200, path);
      });
    }
  });

  it('[1.4] count the requests of an address with a credential together', async () => {
    const people = await Promise.all(Array.from({ length: Math.ceil((perAddress + 4) / perCredential) }, () => aPerson(server)));
    await withinOneSecond(async () => {
      const answers = await many(perAddress + 4, (number) => call('GET', '/api/0/organizations/', people[number % people.length]!.token));
      assert.equal(tally(answers), 4);
      assert.deepEqual(answers.at(-1)!.body, tooFrequent(perAddress));
    });
  });

  it('[1.4] [H-01] [V2.4.1] give a caller over the limit the contract’s 429 and its headers', async () => {
    await withinOneSecond(async () => {
      await many(perAddress + 1, () => call('GET', '/api/0/'));
      const refused = await call('GET', '/api/0/');
      assert.deepEqual([refused.status, refused.body], [429, tooFrequent(perAddress)]);
      for (const [name, value] of [
        ['retry-after', '1'],
        ['x-sentry-error', 'rate-limited'],
        ['access-control-allow-origin', '*'],
        ['x-sentry-rate-limit-limit', String(perAddress)],
        ['x-sentry-rate-limit-remaining', '0'],
      ] as const)
        assert.equal(refused.headers.get(name), value);
    });
  });

  describe('costs of requests', () => {
    let own: TestServer;

    before(async () => {
      own = await startServer({ TRUSTED_PROXIES: 'loopback', RATE_LIMIT_PER_ADDRESS: '1000', RATE_LIMIT_PER_CREDENTIAL: '120' });
    });
    after(() => own?.stop());

    const send = (method: string, path: string, from: string, token?: string) =>
      own.request(method, path, { ...(token ? { token } : {}), headers: { 'X-Forwarded-For': from } });
    const limited = (answers: readonly TestResponse[]) => tally(answers) > 0;

    it('[H-01] an anonymous write counts as 58 of a thousand requests of its address', async () => {
      const from = anAddress();
      await withinOneSecond(async () => {
        const answers = await many(24, () => send('POST', '/api/0/auth/password-reset/', from));
        assert.ok(limited(answers), 'none of 24 writes was refused');
        assert.ok(tally(answers) <= 7, `${tally(answers)} of 24 were refused`);
      });
    });

    it('[H-01] an anonymous API request counts as 8 requests of its address', async () => {
      const from = anAddress();
      await withinOneSecond(async () => {
        const answers = await many(126, () => send('GET', '/api/0/organizations/', from));
        assert.equal(tally(answers), 1);
      });
    });

    it('[H-08] a rejected request with a credential counts as 3 requests of that credential', async () => {
      const { token } = await aPerson(own);
      await withinOneSecond(async () => {
        await many(40, (number) => send('DELETE', `/api/0/auth/sessions/${1_000_000 + number}/`, `198.51.100.${number % 256}`, token));
        assert.ok(limited([await send('GET', '/api/0/organizations/', anAddress(), token)]));
      });
    });
  });

  describe('costs of requests that look up no credential', () => {
    let own: TestServer;
    let token: string;

    before(async () => {
      own = await startServer({ TRUSTED_PROXIES: 'loopback', RATE_LIMIT_PER_ADDRESS: '160', METRICS_OPEN: 'true' });
      ({ token } = await aPerson(own));
    });
    after(() => own?.stop());

    for (const [what, method, cost, paths] of [
      ['a page or a file', 'GET', 4, ['/login/', '/pages/page.css', '/nowhere/']],
      ['the API’s description', 'HEAD', 4, ['/api/0/openapi.json']],
      ['open metrics', 'GET', 20, ['/metrics']],
    ] as const) {
      it(`[H-01] ${what}: each counts as ${cost} requests of the address, with any credential`, async () => {
        await withinOneSecond(async () => {
          const headers = { 'X-Forwarded-For': anAddress() };
          const answers = await many(160 / cost + 2, (number) => {
            const madeUp = number % 2 ? { token: `made-up-${number}` } : { cookie: `rollcall_session=made-up-${number}` };
            return own.request(method, paths[number % paths.length]!, { ...madeUp, headers });
          });
          assert.equal(tally(answers), 2);
          assert.equal((await own.request('GET', '/api/0/organizations/', { token, headers })).status, 200);
        });
      });
    }

    it('[H-01] an unknown path of the API: each rejected request counts as 4 requests of the address, with any credential', async () => {
      await withinOneSecond(async () => {
        const headers = { 'X-Forwarded-For': anAddress() };
        const send = (number: number) => own.request('GET', '/api/0/nowhere/', { token: `made-up-${number}`, headers });
        // A request counts as several once it was rejected.
        const answers = [...(await many(20, send)), ...(await many(20, send)), ...(await many(20, send))];
        assert.ok(tally(answers) > 0, 'none of 60 requests was refused');
      });
    });
  });

  it('[S-20] count a /64 IPv6 network as one address', async () => {
    const network = `2001:db8:${nextNumber().toString(16)}:1`;
    await withinOneSecond(async () => {
      const answers = await many(perAddress + 2, (number) => call('GET', '/api/0/', undefined, `${network}::${number.toString(16)}`));
      assert.equal(tally(answers), 2);
      assert.equal((await call('GET', '/api/0/', undefined, `${network.slice(0, -1)}2::1`)).status, 200);
    });
  });

  it('[S-20] [V15.3.4] count by the connection’s address, and ignore X-Forwarded-For from an untrusted client', async () => {
    const own = await startServer({ RATE_LIMIT_PER_ADDRESS: '10' });
    try {
      await withinOneSecond(async () => {
        const claims = await many(13, (number) =>
          own.request('GET', '/api/0/', { headers: { 'X-Forwarded-For': `198.51.100.${number}` } }),
        );
        assert.equal(tally(claims), 3);
      });
    } finally {
      await own.stop();
    }
  });

  it('[H-01] count a call that its provider has not signed as twenty more requests', async () => {
    const unused = 'http://127.0.0.1:9';
    const providers = { ...githubSettings(unused), ...gitlabSettings(unused), ...slackSettings(unused) };
    const own = await startServer({ ...providers, RATE_LIMIT_PER_ADDRESS: '100', TRUSTED_PROXIES: 'loopback' });
    const unsigned: [string, Readonly<Record<string, string>>][] = [
      ['/extensions/github/webhook/', { 'X-Hub-Signature-256': 'sha256=0', 'X-GitHub-Delivery': '1', 'X-GitHub-Event': 'team' }],
      ['/extensions/gitlab/webhook/1/', { 'X-Gitlab-Token': 'guess', 'Idempotency-Key': '1' }],
      ['/extensions/slack/action/', { 'X-Slack-Signature': 'v0=0', 'X-Slack-Request-Timestamp': String(Math.floor(Date.now() / 1_000)) }],
    ];
    try {
      for (const [path, headers] of unsigned) {
        await withinOneSecond(async () => {
          const from = { 'X-Forwarded-For': anAddress() };
          const statuses: number[] = [];
          for (let count = 0; count < 6; count++) {
            statuses.push((await own.request('POST', path, { headers: { ...headers, ...from }, body: {} })).status);
          }
          assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429], path);
        });
      }
    } finally {
      await own.stop();
    }
  });

  it('[1.4] count a rejected credential as twenty requests, so that guessing is slow', async () => {
    for (const guess of [
      (number: number) => ({ token: `sntryu_${number}` }),
      (number: number) => ({ token: `sntrys_${number}` }),
      (number: number) => ({ cookie: `rollcall_session=${number}` }),
    ]) {
      address = anAddress();
      await withinOneSecond(async () => {
        const answers: TestResponse[] = [];
        for (let number = 0; number < 4; number++) {
          answers.push(await server.request('GET', '/api/0/organizations/', { ...guess(number), headers: { 'X-Forwarded-For': address } }));
        }
        assert.deepEqual(
          answers.map(({ status }) => status),
          [401, 401, 429, 429],
        );
      });
    }
  });

  it('[1.4] [H-01] refuse further guesses from an address before any other work', async () => {
    await withinOneSecond(async () => {
      address = anAddress();
      const guess = (number: number) => call('GET', '/api/0/organizations/', `sntryu_${number}`);
      await many(3, guess);
      const refused = await guess(3);
      assert.deepEqual([refused.status, refused.body], [429, tooFrequent(perAddress)]);
      // Every request that gets as far as the limit of its own token has this header.
      assert.equal(refused.headers.get('x-sentry-rate-limit-concurrentlimit'), null);
      assert.equal((await call('GET', '/api/operator/health/', server.operatorToken)).status, 200);
    });
  });

  it('[H-06] count a wrong link token as a rejected credential, through the API and through its page', async () => {
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
    for (const [path, wrong, send] of [
      ['/accept/invitation/', 200, (token: number) => ({ method: 'POST', headers: form, body: `invite=7.${token}` })],
      ['/api/0/accept-invite/details/', 400, (token: number) => ({ method: 'POST', body: { member: '7', token: `${token}` } })],
      ['/api/0/accept-invite/', 400, (token: number) => ({ method: 'POST', body: { member: '7', token: `${token}` } })],
      ['/api/0/accept-invite/7/', 400, (token: number) => ({ method: 'GET', path: `/api/0/accept-invite/7/${token}/` })],
    ] as const) {
      await withinOneSecond(async () => {
        address = anAddress();
        const statuses: number[] = [];
        for (let number = 0; number < 4; number++) {
          const { method, path: own = path, headers = {}, ...content }: GuessedLink = send(number);
          const answer = await server.request(method, own, { headers: { 'X-Forwarded-For': address, ...headers }, ...content });
          statuses.push(answer.status);
        }
        assert.deepEqual(statuses, [wrong, wrong, 429, 429], path);
      });
    }
  });

  it('[H-01] count a rejected session cookie on a page as twenty anonymous requests', async () => {
    const email = `invited-${nextNumber()}@example.com`;
    const made = await server.request('POST', `/api/0/organizations/${org.slug}/members/`, { token: owner.token, body: { email } });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    const { id } = made.body;
    const token = 'f'.repeat(64);
    await server.services.db
      .updateTable('members')
      .set({ invite_token_hash: hashToken(token) })
      .where('id', '=', id)
      .execute();
    await withinOneSecond(async () => {
      address = anAddress();
      const statuses: number[] = [];
      for (let number = 0; number < 4; number++) {
        const headers = { 'X-Forwarded-For': address, 'Content-Type': 'application/x-www-form-urlencoded' };
        const options = { cookie: `rollcall_session=made-up-${number}`, headers };
        statuses.push((await server.request('POST', '/accept/invitation/', { ...options, body: `invite=${id}.${token}` })).status);
      }
      assert.deepEqual(statuses, [200, 200, 429, 429]);
      assert.equal((await call('GET', '/api/0/organizations/', owner.token)).status, 200);
    });
  });

  it('[1.4] apply by address to guesses of the operator’s token, and never to the operator', async () => {
    await withinOneSecond(async () => {
      for (const path of ['/api/operator/health/', '/metrics']) {
        address = anAddress();
        const answers = await many(5, (number) => call('GET', path, `${'x'.repeat(40)}${number}`));
        assert.deepEqual(
          answers.map(({ status }) => status),
          [401, 401, 429, 429, 429],
        );
      }
      const own = await many(perAddress * 2, () => call('GET', '/api/operator/health/', server.operatorToken));
      assert.equal(tally(own), 0);
    });
  });

  it('[1.4] count requests for the operator without a token apart from those with a credential', async () => {
    await withinOneSecond(async () => {
      for (const path of ['/api/operator/health/', '/metrics']) {
        address = anAddress();
        const answers = await many(5, () => call('GET', path));
        assert.deepEqual(answers.map(({ status }) => status).toSorted(), [401, 401, 429, 429, 429], path);
        assert.equal((await call('GET', '/api/0/organizations/', owner.token)).status, 200, path);
      }
    });
  });

  it('[1.4] apply to reading and inviting members per user, and per organization for its tokens', async () => {
    const path = `/api/0/organizations/${org.slug}/members/`;
    const other = await aPerson(server);
    await addMember(server, org, other, 'manager');
    await withinOneSecond(async () => {
      for (const [method, good] of [
        ['GET', 200],
        ['POST', 400],
      ] as const) {
        const answers = await many(members + 1, () => call(method, path, owner.token, anAddress()));
        assert.equal(tally(answers), 1, method);
        assert.deepEqual(answers.find(({ status }) => status === 429)!.body, tooFrequent(members));
        assert.equal((await call(method, path, other.token)).status, good);
      }
    });
    const tokens = await Promise.all(['one', 'another'].map((name) => anOrgToken(name)));
    await withinOneSecond(async () => {
      const answers = await many(members + 1, (number) => call('GET', path, tokens[number % 2], anAddress()));
      assert.equal(tally(answers), 1);
    });
  });

  async function anOrgToken(name: string): Promise<string> {
    const path = `/api/0/organizations/${org.slug}/org-auth-tokens/`;
    const create = async () => {
      const made = await server.request('POST', path, { token: owner.token, body: { name, scopes: ['member:read'] } });
      assert.equal(made.status, 201, JSON.stringify(made.body));
      return made.body.token;
    };
    // If the requests exceed the limits, rejections by the token's limit and by the address's could
    // alternate forever.
    return eventually(create, { intervalMs: 250 });
  }

  it('[1.4] apply per token, and for pages per address, to the concurrent requests of one instance', async () => {
    const own = await startServer({ RATE_LIMIT_CONCURRENT: '2' });
    try {
      const { token } = await aPerson(own);
      const query = () => own.request('GET', '/api/0/organizations/', { token });
      const remaining = async () => (await query()).headers.get('x-sentry-rate-limit-concurrentremaining');
      const answers = await many(30, query);
      const refused = answers.find(({ status }) => status === 429);
      assert.ok(refused, 'all of the thirty concurrent requests were accepted');
      const detail = 'You are attempting to go above the allowed concurrency for this endpoint. Concurrency limit is 2';
      assert.deepEqual([refused.body, refused.headers.get('retry-after')], [{ detail }, '1']);
      await eventually(async () => assert.equal(await remaining(), '1'));

      const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', 'Content-Length': '100' };
      const unfinished = http.request(`${own.url}/api/0/organizations/`, { method: 'POST', headers, agent: false }).on('error', () => {});
      unfinished.write('{');
      await eventually(async () => assert.equal(await remaining(), '0'));
      unfinished.destroy();
      await eventually(async () => assert.equal(await remaining(), '1'));

      // A page does not look up its cookie, so another cookie has the same count.
      const page = async () => (await own.request('GET', '/login/', { cookie: 'rollcall_session=one' })).headers;
      const form = { Cookie: 'rollcall_session=another', 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': '100' };
      const submitted = http.request(`${own.url}/login/`, { method: 'POST', headers: form, agent: false }).on('error', () => {});
      submitted.write('email=');
      await eventually(async () => assert.equal((await page()).get('x-sentry-rate-limit-concurrentremaining'), '0'));
      submitted.destroy();
    } finally {
      await own.stop();
    }
  });
});
