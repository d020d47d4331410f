import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../support/eventually.ts';
import { readMetric } from '../support/metrics.ts';
import { anOrganizationOf, aPerson, type Person } from '../support/provision.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { RawSocket } from './raw-sockets.ts';

const perCaller = 3;

describe('the limit on the open sockets of a caller', () => {
  let server: TestServer;
  let owner: Person;
  let otherToken: string;
  const raws: RawSocket[] = [];

  before(async () => {
    server = await startServer({ LIMIT_SOCKETS_PER_CALLER: String(perCaller) });
    owner = await aPerson(server);
    await anOrganizationOf(server, owner);
    const made = await server.operate('POST', `/users/${owner.userId}/tokens/`, { scopes: ['org:read'] });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    otherToken = made.body.token;
  });
  after(() => server?.stop());
  afterEach(() => {
    for (const raw of raws.splice(0)) raw.close();
  });

  /** Opens a connection and returns the response to its CONNECT. */
  async function connect(token: string, raw = new RawSocket(server.url)): Promise<string> {
    if (!raws.includes(raw)) raws.push(raw);
    await raw.opened();
    const before = answersOf(raw).length;
    raw.connect(token);
    return eventually(() => {
      const answer = answersOf(raw)[before];
      assert.ok(answer, 'no response yet');
      return answer;
    });
  }
  const answersOf = (raw: RawSocket) => raw.received.filter((text) => /^4[04]/.test(text));
  const isAccepted = (answer: string) => answer.startsWith('40');

  it('[H-03] applies to all of its tokens together, to simultaneous connections too, and until a socket ends', async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, (_, number) => connect(number % 2 ? otherToken : owner.token)));
    assert.equal(answers.filter(isAccepted).length, perCaller);
    for (const refusal of answers.filter((answer) => !isAccepted(answer))) {
      const { data } = JSON.parse(refusal.slice(2));
      assert.equal(data.code, 'overloaded');
      assert.ok(data.retryAfterMs[0] >= 1_000, refusal);
    }
    const stranger = await aPerson(server);
    assert.ok(isAccepted(await connect(stranger.token)), 'another user was refused');

    raws.find((raw) => isAccepted(answersOf(raw)[0]!))!.close();
    await eventually(async () => assert.ok(isAccepted(await connect(owner.token)), 'the ended socket still counts'));
    assert.ok(!isAccepted(await connect(owner.token)), 'one socket ended, and two were accepted');
  });

  it('[H-03] can’t be exceeded by connections whose clients end the socket: they are closed', async () => {
    await eventually(async () => assert.equal(await readMetric(server, 'rollcall_sockets'), 0));
    for (let number = 0; number < 2 * perCaller; number++) {
      const raw = new RawSocket(server.url);
      assert.ok(isAccepted(await connect(owner.token, raw)), `socket ${number}`);
      raw.send('41');
      await eventually(() => assert.ok(raw.isOver, `connection ${number} is still open`));
    }
  });

  it('[H-03] a client that ends its socket and reads nothing loses its connection', async () => {
    const raw = new RawSocket(server.url);
    assert.ok(isAccepted(await connect(owner.token, raw)));
    raw.webSocket.pause();
    raw.send('41');
    await eventually(async () => assert.equal(await readMetric(server, 'rollcall_sockets'), 0));
    await sleep(1_500);
    raw.webSocket.resume();
    await eventually(() => assert.ok(raw.isOver, 'the connection is still open'));
  });
});
