import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { connect, type RollcallClient } from '@rollcall/client';
import { wireVersion } from '@rollcall/protocol';
import { io, type Socket } from 'socket.io-client';
import { signOnLimits } from '../../server/src/features/single-sign-on/limits.ts';
import { DnsServer } from '../support/dns-server.ts';
import { aDomain, verifyDomain } from '../support/domains.ts';
import { EventStreamClient } from '../support/event-stream.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { type InstanceProcess, type InstanceProcesses, startInstanceProcesses } from '../support/instance-processes.ts';
import { anOrgWithOwner } from '../support/logged-in.ts';
import { readMetric } from '../support/metrics.ts';
import { findNginx, type Nginx, nginxMissing, startNginx } from '../support/nginx.ts';
import { anOrganizationOf, aPerson, type Person, type ProvisionedOrg, revisionOf } from '../support/provision.ts';
import { type Api, apiOf } from '../support/server.ts';
import { skipBecause } from '../support/skip.ts';
import { WebhookReceiver } from '../support/webhook-receiver.ts';
import { aWebhook, callWebhooks } from '../support/webhooks.ts';

const clientCount = 300;

describe('two instances behind deploy/nginx.conf', function () {
  this.timeout(120_000);
  let servers: InstanceProcesses | undefined;
  let instances: readonly InstanceProcess[];
  let receiver: WebhookReceiver | undefined;
  let dns: DnsServer | undefined;
  let startBalancer: (addresses: readonly [string, string]) => Promise<Nginx>;
  let nginx: Nginx;
  let api: Api;
  let owner: Person;
  let org: ProvisionedOrg;

  before(async function () {
    const program = findNginx();
    if (!program && process.env.CI !== 'true') skipBecause(this, nginxMissing);
    assert.ok(program, nginxMissing);
    [receiver, dns] = await Promise.all([WebhookReceiver.start(), DnsServer.start()]);
    const environment = { TRUSTED_PROXIES: 'loopback', OUTBOUND_ALLOWED: '127.0.0.1', DNS_SERVERS: dns.address };
    servers = await startInstanceProcesses([environment, environment]);
    ({ instances } = servers);
    const [one, other] = instances.map(({ url }) => new URL(url).host) as [string, string];
    startBalancer = (addresses) => startNginx(program, addresses);
    nginx = await startBalancer([one, other]);
    api = apiOf(nginx.url, instances[0]!.operatorToken);
    owner = await aPerson(api);
    org = await anOrganizationOf(api, owner);
  });
  after(async () => {
    await nginx?.stop();
    await servers?.stop();
    await receiver?.stop();
    await dns?.[Symbol.asyncDispose]();
  });

  it('[H-34] spreads the clients of one address over both within 20 %', async () => {
    const sockets: Socket[] = [];
    try {
      for (let count = 0; count < clientCount; count++) {
        const auth = { token: owner.token, v: wireVersion };
        sockets.push(io(nginx.url, { transports: ['websocket'], forceNew: true, reconnection: false, auth }));
      }
      await eventually(() => assert.equal(sockets.filter(({ connected }) => connected).length, clientCount), { timeoutMs: 60_000 });
      const counts = await Promise.all(instances.map((instance) => readMetric(instance, 'rollcall_sockets')));
      assert.equal(counts[0]! + counts[1]!, clientCount);
      for (const count of counts)
        assert.ok(Math.abs(count - clientCount / 2) <= 0.2 * (clientCount / 2), `the instances have ${counts} sockets`);
    } finally {
      for (const socket of sockets) socket.close();
      // A frozen instance would keep its half-closed ones, and nginx would send it no request.
      await eventually(
        async () => {
          for (const instance of instances) assert.equal(await readMetric(instance, 'rollcall_sockets'), 0, 'sockets stay open');
        },
        { timeoutMs: 30_000 },
      );
    }
  });

  it('[H-34] responds with 504 within 3 s for a frozen instance, and the other instance carries out the SDK’s retry once', async () => {
    const [frozen] = instances as [InstanceProcess, InstanceProcess];
    const attempts: { readonly key: string; readonly status: number; readonly tookMs: number }[] = [];
    const watchedFetch: typeof fetch = async (input, init) => {
      const startedAt = performance.now();
      const answer = await fetch(input, init);
      const key = new Headers(init?.headers).get('Idempotency-Key') ?? '';
      attempts.push({ key, status: answer.status, tookMs: performance.now() - startedAt });
      return answer;
    };
    const client: RollcallClient = connect({ url: nginx.url, token: owner.token, fetch: watchedFetch });
    const slugs: string[] = [];
    process.kill(frozen.process.pid, 'SIGSTOP');
    try {
      // nginx may have skipped the instance for some seconds, because it was slow earlier on a busy
      // machine.
      const late = await eventually(
        async () => {
          const batch = Array.from({ length: 4 }, (_, number) => `retried-${slugs.length + number}`);
          slugs.push(...batch);
          await Promise.all(batch.map((slug) => client.organization(org.slug).createTeam({ slug })));
          const unanswered = attempts.filter(({ status }) => status === 504);
          assert.ok(unanswered.length > 0, 'nothing reached the frozen instance');
          return unanswered;
        },
        { timeoutMs: 60_000, intervalMs: 1_000 },
      );
      for (const { key, tookMs } of late) {
        assert.ok(tookMs < 3_000, `a 504 took ${tookMs} ms`);
        assert.ok(
          attempts.some((again) => again.key === key && again.status === 201),
          'the request was not repeated with its key',
        );
      }
      // The other instance now serves alone, without waiting for the frozen one.
      for (let count = 0; count < 10; count++) assert.equal((await read()).status, 200);
      // A write may wait for the frozen instance, longer than other requests take.
      const waited = await api.request('PUT', `/api/0/organizations/${org.slug}/`, {
        token: owner.token,
        headers: { Prefer: 'wait=4' },
        body: { name: 'Waited' },
      });
      assert.equal(waited.status, 200);
      assert.match(waited.headers.get('rollcall-applied') ?? '', /^partial; .*missing=1/);
    } finally {
      client.close();
      process.kill(frozen.process.pid, 'SIGCONT');
    }
    // The thawed instance carries out the request that timed out. Its key marks it as the same
    // request.
    await eventually(async () => assert.equal((await fetch(`${frozen.url}/readyz`)).status, 200));
    const { body } = await api.request('GET', `/api/0/organizations/${org.slug}/teams/`, { token: owner.token });
    assert.deepEqual(body.map(({ slug }: { slug: string }) => slug).sort(), slugs.toSorted());
  });

  const read = (headers: Record<string, string> = {}) =>
    api.request('GET', `/api/0/organizations/${org.slug}/`, { token: owner.token, headers });

  it('[H-34] forwards the id of a request, and creates one if there is none', async () => {
    assert.equal((await read({ 'X-Request-Id': 'of-the-client-1' })).headers.get('x-request-id'), 'of-the-client-1');
    assert.match((await read()).headers.get('x-request-id') ?? '', /^[0-9a-f]{32}$/);
    assert.match((await read({ 'X-Request-Id': 'two words' })).headers.get('x-request-id') ?? '', /^[0-9a-f]{32}$/);
  });

  it('[H-34] [15.1] lets a request wait for changes longer than others, and passes on each event of a stream at once', async () => {
    const { token } = owner;
    const stream = await EventStreamClient.open(nginx, org.slug, 'changes/stream/', { token });
    await eventually(() => assert.equal(stream.events.length, 1));
    const waited = await api.request('GET', `/api/0/organizations/${org.slug}/changes/?wait=4&types=member.removed`, { token });
    assert.deepEqual([waited.status, waited.body.data], [200, []]);
    const made = await api.request('POST', `/api/0/organizations/${org.slug}/teams/`, { token, body: { slug: 'streamed' } });
    await stream.reach(revisionOf(made));
    assert.equal(stream.isClosed, false);
    stream.close();
  });

  it('[H-34] waits for slow servers that organizations choose, without marking an instance as failed', async () => {
    const slowMs = 4_000;
    const admin = await anOrgWithOwner(api);
    const pending: NodeJS.Timeout[] = [];
    receiver!.respond = (_received, response) => void pending.push(setTimeout(() => response.end('thanks'), slowMs));
    dns!.mode = 'silent';
    const webhook = await aWebhook(api, admin, { url: receiver!.url, eventTypes: ['flag.changed'] });
    const domain = await aDomain(api, admin, 'slow-dns.com');
    try {
      const requests = [
        ...Array.from({ length: 4 }, () => callWebhooks(api, admin, 'POST', `${webhook.id}/test/`)),
        verifyDomain(api, admin, domain),
      ];
      const answers = await Promise.all(requests);
      const bodies = answers.slice(0, 4).map(({ body }) => body);
      assert.ok(
        bodies.every(({ status, ms }) => status === 200 && ms >= slowMs - 100),
        JSON.stringify(bodies),
      );
      assert.equal(answers[4]!.status, 200, JSON.stringify(answers[4]!.body));
      const failures = nginx
        .readLogs()
        .split('\n')
        .filter((line) => /upstream timed out.*\/(test|verify)\//.test(line));
      assert.deepEqual(failures, []);
    } finally {
      for (const timer of pending) clearTimeout(timer);
      dns!.mode = 'ok';
    }
  });

  it('[H-34] passes on the file of an exported organization', async () => {
    const imported = await fetch(`${nginx.url}/api/operator/organizations/import/?owner=${owner.userId}`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${instances[0]!.operatorToken}`, 'Content-Type': 'application/gzip' },
      body: new Uint8Array(randomBytes(20 * 1_024 * 1_024)),
    });
    assert.equal(imported.status, 400);
    assert.ok(imported.headers.has('x-request-id'), 'no instance responded');
  });

  it('[H-34] accepts the metadata of an identity provider up to the limit of the instances', async () => {
    const post = (bytes: number) =>
      fetch(`${nginx.url}/api/0/organizations/${org.slug}/auth-provider/metadata/`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${owner.token}`, 'Content-Type': 'application/json' },
        body: JSON.stringify({ xml: 'x'.repeat(bytes) }),
      });
    const accepted = await post(signOnLimits.metadataBodyBytes.value - 100);
    assert.notEqual(accepted.status, 413);
    assert.ok(accepted.headers.has('x-request-id'), 'no instance responded');
    // `client_max_body_size` of deploy/nginx.conf.
    assert.equal((await post(1_024 * 1_024)).status, 413);
  });

  it('[H-34] ignores another address that a client claims', async () => {
    const headers = { 'X-Forwarded-For': '203.0.113.7' };
    const path = `/api/0/organizations/${org.slug}/`;
    assert.equal((await api.request('PUT', path, { token: owner.token, headers, body: { name: 'Renamed' } })).status, 200);
    const { body } = await api.request('GET', `${path}audit-logs/`, { token: owner.token });
    assert.equal(body.rows[0].ipAddress, '127.0.0.1');
  });

  it('[H-19] keeps the token of an invitation out of its logs, with or without a response', async () => {
    const token = randomBytes(32).toString('hex');
    const paths = [
      `/accept/123/${token}/`,
      `/accept//123/${token}`,
      `/%61ccept/123/${token}/?a=${token}`,
      `/API/0/accept-invite/123/${token}/`,
      `/api/0/accept-invite/some-org/123/${token}/`,
    ];
    const unreachable = `127.0.0.1:${await freePort()}`;
    const withoutInstances = await startBalancer([unreachable, unreachable]);
    try {
      for (const { url, readLogs } of [nginx, withoutInstances]) {
        const get = (path: string) => fetch(`${url}${path}`, { headers: { Referer: `${url}${path}` } });
        const statuses = [];
        for (const path of paths) statuses.push((await get(path)).status);
        if (url === withoutInstances.url) assert.deepEqual([...new Set(statuses)], [502]);
        await get('/healthz');
        const logged = await eventually(() => {
          const text = readLogs();
          assert.match(text, /\/healthz/);
          return text;
        });
        assert.match(logged, /\/accept\/\[removed\]/);
        assert.ok(!logged.includes(token), 'the token is logged');
      }
    } finally {
      await withoutInstances.stop();
    }
  });

  it('[H-34] rejects polling, and bodies that no route accepts', async () => {
    const polling = await fetch(`${nginx.url}/socket.io/?EIO=4&transport=polling`);
    assert.equal(polling.status, 400);
    assert.equal(polling.headers.get('x-content-type-options'), 'nosniff');
    assert.match(((await polling.json()) as { detail: string }).detail, /WebSocket/);
    const large = 'x'.repeat(2 * 1024 * 1024);
    assert.equal(
      (await api.request('POST', `/api/0/organizations/${org.slug}/teams/`, { token: owner.token, body: { slug: large } })).status,
      413,
    );
  });

  it('[V3.4.1] [V3.4.4] [V3.4.6] sends the headers for security once, with its own errors too', async () => {
    const large = { method: 'POST', body: 'x'.repeat(2 * 1024 * 1024) };
    for (const [path, status, init] of [
      ['/api/0/nowhere/', 404, {}],
      ['/nowhere', 413, large],
    ] as const) {
      const response = await fetch(`${nginx.url}${path}`, init);
      assert.equal(response.status, status);
      const found = ['x-content-type-options', 'x-frame-options', 'referrer-policy', 'cache-control', 'content-security-policy'];
      assert.deepEqual(
        found.map((name) => response.headers.get(name)),
        ['nosniff', 'DENY', 'no-referrer', 'no-store', "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"],
        path,
      );
      assert.equal(response.headers.get('strict-transport-security'), null, 'without TLS');
    }
  });
});
