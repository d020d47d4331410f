import assert from 'node:assert/strict';
import { PasswordPool, type PasswordPoolLimits } from '../../../../server/src/identity/passwords/password-pool.ts';

const limits: PasswordPoolLimits = {
  passwordHashes: 1,
  passwordsWaiting: 12,
  passwordsWaitingPerAddress: 8,
  passwordsWaitingPerAccount: 4,
};
const machine = { cores: 8, threads: 4 };

describe('the pool of password hashes', () => {
  const outcomesOf = async (hashes: readonly Promise<unknown>[]) =>
    (await Promise.allSettled(hashes)).map((one) => (one.status === 'fulfilled' ? 'hashed' : one.reason.code));
  const count = (outcomes: readonly string[], wanted: string) => outcomes.filter((one) => one === wanted).length;

  it('[H-06] uses at least one thread, and never all threads or cores', () => {
    for (const [passwordHashes, cores, threads, wanted] of [
      [3, 8, 4, 3],
      [64, 64, 4, 3],
      [64, 2, 4, 1],
      [3, 1, 4, 1],
      [3, 8, 1, 1],
    ] as const) {
      const pool = new PasswordPool({ ...limits, passwordHashes, passwordsWaitingPerAccount: 1_000 }, { cores, threads });
      for (let n = 0; n < 8; n++) void pool.hash('x', { network: 'a', account: `${n}` }).catch(() => {});
      assert.equal(pool.use.computing, wanted);
    }
  });

  it('[H-06] serves another address after about one hash, regardless of how many requests of one address wait', async () => {
    const pool = new PasswordPool({ ...limits, passwordsWaitingPerAddress: 100, passwordsWaiting: 100 }, machine);
    const order: string[] = [];
    const hash = (network: string, account: string) => pool.hash('x', { network, account }).then(() => order.push(network));
    const flood = Array.from({ length: 20 }, (_, n) => hash('attacker', `account ${n}`));
    await hash('honest', 'me');
    assert.ok(order.length <= 4, order.join());
    await Promise.all(flood);
  });

  it('[H-06] refuses passwords beyond the limit of an address, of an account and of the pool', async () => {
    const pool = new PasswordPool(limits, machine);
    const outcomes = await outcomesOf([
      ...Array.from({ length: 10 }, (_, n) => pool.hash('x', { network: 'a', account: `${n}` })),
      ...Array.from({ length: 5 }, (_, n) => pool.hash('x', { network: `b${n}`, account: 'one' })),
    ]);
    assert.equal(count(outcomes.slice(0, 10), 'rate-limited'), 1, 'one is computed and eight wait');
    assert.equal(count(outcomes.slice(10), 'rate-limited'), 1, 'four wait for one account');
    await assert.rejects(Promise.all(Array.from({ length: 20 }, (_, n) => pool.hash('x', { network: `n${n}`, account: `${n}` }))), {
      code: 'unavailable',
      retryAfterSeconds: 5,
    });
  });

  it('[H-06] serves other addresses while the address of a wrong password rests', async () => {
    const pool = new PasswordPool({ ...limits, passwordsWaitingPerAddress: 100 }, machine);
    const hash = await pool.hash('right', { network: 'a', account: 'me' });
    const order: string[] = [];
    const verify = (network: string, password: string) =>
      pool.verify(hash, password, { network, account: 'me' }).then((isRight) => order.push(`${network} ${isRight}`));
    await verify('guesser', 'wrong');
    await Promise.all([verify('guesser', 'wrong'), verify('honest', 'right')]);
    assert.deepEqual(order, ['guesser false', 'honest true', 'guesser false']);
    const [first, second] = [verify('honest', 'right'), verify('honest', 'right')];
    await first;
    assert.equal(pool.use.computing, 1, 'an address does not rest after a right password');
    await second;
  });

  it('[H-06] when full, drops a waiting request for one from an address with fewer waiting requests', async () => {
    const pool = new PasswordPool({ ...limits, passwordsWaiting: 8 }, machine);
    const flood = Array.from({ length: 9 }, (_, n) => pool.hash('x', { network: 'a', account: `${n}` }));
    const honest = pool.hash('x', { network: 'b', account: 'me' });
    const outcomes = await outcomesOf([...flood, honest]);
    assert.deepEqual([outcomes.at(-1), outcomes.at(-2)], ['hashed', 'unavailable']);
    assert.equal(count(outcomes, 'hashed'), 9);
  });

  it('[H-06] computes nothing for a caller that has disconnected', async () => {
    const pool = new PasswordPool(limits, machine);
    const first = pool.hash('x', { network: 'a', account: 'first' });
    const gone = new AbortController();
    const left = pool.hash('x', { network: 'a', account: 'left', closed: gone.signal });
    assert.equal(pool.use.waiting, 1);
    gone.abort();
    assert.equal(pool.use.waiting, 0);
    await assert.rejects(left, { code: 'unavailable' });
    await assert.rejects(pool.hash('x', { network: 'a', account: 'late', closed: gone.signal }), { code: 'unavailable' });
    assert.match(await first, /^\$argon2id\$/);
    assert.deepEqual(pool.use, { computing: 0, waiting: 0 });
  });

  it('compares a password with a hash, and accepts no password without a hash', async () => {
    const pool = new PasswordPool(limits, machine);
    const whom = { network: 'a', account: 'me' };
    const hash = await pool.hash('right', whom);
    assert.equal(await pool.verify(hash, 'right', whom), true);
    assert.equal(await pool.verify(hash, 'wrong', whom), false);
    assert.equal(await pool.verify(null, 'right', whom), false);
  });
});
