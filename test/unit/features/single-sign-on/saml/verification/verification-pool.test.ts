import assert from 'node:assert/strict';
import { VerificationPool } from '../../../../../../server/src/features/single-sign-on/saml/verification/verification-pool.ts';
import { largestExtensions } from '../../../../../support/saml/hostile-response.ts';
import type { SamlResponseParts } from '../../../../../support/saml/saml-idp.ts';
import { SamlTarget } from '../../../../../support/saml/saml-target.ts';

const script = (source: string) => new URL(`data:text/javascript,${encodeURIComponent(source)}`);
const parent = "import { parentPort } from 'node:worker_threads';";

describe('the pool that verifies SAML responses', () => {
  let target: SamlTarget;
  let pools: VerificationPool[] = [];
  before(async () => {
    target = await SamlTarget.make();
  });
  afterEach(async () => {
    await Promise.all(pools.map((pool) => pool.close()));
    pools = [];
  });

  const open = (...given: ConstructorParameters<typeof VerificationPool>) => {
    const pool = new VerificationPool(...given);
    pools.push(pool);
    return pool;
  };
  const job = async (change: Partial<SamlResponseParts> = {}, orgId = '1') => ({
    provider: { ...target.provider(), orgId },
    base64: await target.response(change),
    expected: target.expected(),
  });
  const taken = async () => true;
  const outcome = (answer: object) => ('identity' in answer ? 'accepted' : 'refused' in answer ? String(answer.refused) : 'failed');

  it('[H-96] accepts a valid response, and keeps the event loop free while it verifies the largest one', async () => {
    const pool = open();
    assert.equal(outcome(await pool.verify(await job(), taken)), 'accepted');
    const largest = await job(largestExtensions);
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const answer = await pool.verify(largest, taken);
    clearInterval(timer);
    assert.equal(outcome(answer), 'accepted');
    assert.ok(turns > 3, `${turns} turns`);
  });

  it('[H-96] starts no thread, and takes no login, for a response that the provider has not signed', async () => {
    const pool = open({ script: script('throw new Error("started")') });
    let isTaken = false;
    const answer = await pool.verify(await job({ signs: 'none' }), async () => {
      isTaken = true;
      return true;
    });
    assert.deepEqual(answer, { refused: outcome(answer), isForged: true });
    assert.match(outcome(answer), /^Invalid signature/);
    assert.equal(isTaken, false);
  });

  it('[H-96] verifies nothing for a login that has a response already', async () => {
    const answer = await open().verify(await job(), async () => false);
    assert.match(outcome(answer), /has a response already/);
  });

  it('[H-96] ends a thread that takes too long, and replaces it', async () => {
    const stuck = script(`${parent}
      parentPort.on('message', ({ provider }) => {
        while (provider.orgId === 'slow');
        parentPort.postMessage({ response: { refused: 'fast' }, ms: 1 });
      });
      parentPort.postMessage('ready');`);
    const pool = open({ script: stuck, limits: { threads: 1, jobMsMax: 200 } });
    const slow = await job({}, 'slow');
    const answers = [await pool.verify(slow, taken), await pool.verify(await job({}, 'other'), taken)];
    assert.deepEqual(answers.map(outcome), ['the response could not be verified in time', 'fast']);
    // Also a response that waits for the thread.
    const together = await Promise.all([pool.verify(slow, taken), pool.verify(await job({}, 'other'), taken)]);
    assert.deepEqual(together.map(outcome), ['the response could not be verified in time', 'fast']);
  });

  it('[H-96] survives a thread that ends by itself, and one that does not start', async () => {
    const ending = script(`${parent}
      parentPort.on('message', () => process.exit(1));
      parentPort.postMessage('ready');`);
    const pool = open({ script: ending, limits: { threads: 1, jobMsMax: 5_000 } });
    for (let round = 0; round < 3; round++) assert.match(outcome(await pool.verify(await job(), taken)), /could not be verified in time/);
    const broken = open({ script: script('throw new Error("broken")'), limits: { threads: 1 } });
    for (let round = 0; round < 3; round++) await assert.rejects(broken.verify(await job(), taken), { code: 'unavailable' });
  });

  it('[H-96] refuses an organization that has used up its time, and no other', async () => {
    const slow = script(`${parent}
      parentPort.on('message', () => parentPort.postMessage({ response: { refused: 'verified' }, ms: 60 }));
      parentPort.postMessage('ready');`);
    const pool = open({ script: slow, limits: { msPerMinute: 100 } });
    const one = await job({}, 'one');
    for (let round = 0; round < 2; round++) assert.equal(outcome(await pool.verify(one, taken)), 'verified');
    await assert.rejects(pool.verify(one, taken), { code: 'rate-limited' });
    assert.equal(outcome(await pool.verify(await job({}, 'two'), taken)), 'verified');
  });

  it('[H-96] charges an organization once for a genuine signature that is sent with other documents', async () => {
    const pool = open({ limits: { threads: 1 } });
    const sent = await job();
    const document = Buffer.from(sent.base64, 'base64').toString();
    const forged = (subject: string) => ({ ...sent, base64: Buffer.from(document.replace('subject-1', subject)).toString('base64') });
    const first = await pool.verify(forged('subject-2'), taken);
    assert.deepEqual(first, { refused: outcome(first) }, 'charged');
    assert.match(outcome(first), /^Invalid signature/);
    for (const subject of ['subject-2', 'subject-3'])
      assert.deepEqual(await pool.verify(forged(subject), taken), {
        refused: 'the signature is that of a former response',
        isForged: true,
      });
    assert.equal(outcome(await pool.verify(await job({ assertionId: '_assertion2' }), taken)), 'accepted');
  });

  it('[H-96] lets the responses of one organization wait for each other, and not those of others', async () => {
    const pool = open({ limits: { waitingPerOrganizationMax: 2, threads: 1 } });
    const jobs = await Promise.all(Array.from({ length: 10 }, (_, index) => job({ assertionId: `_assertion${index}` }, 'one')));
    const flood = jobs.map((one) => pool.verify(one, taken).then(outcome, (error: { code: string }) => error.code));
    assert.equal(outcome(await pool.verify(await job({}, 'two'), taken)), 'accepted');
    const outcomes = await Promise.all(flood);
    assert.equal(outcomes.filter((one) => one === 'accepted').length, 3);
    assert.equal(outcomes.filter((one) => one === 'rate-limited').length, 7);
  });
});
