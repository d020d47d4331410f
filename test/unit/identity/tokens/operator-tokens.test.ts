import assert from 'node:assert/strict';
import type { OperatorScope } from '@rollcall/protocol';
import type { Db } from '../../../../server/src/database/database.ts';
import { OperatorTokens } from '../../../../server/src/identity/tokens/operator-tokens.ts';
import { mintOperatorToken } from '../../../../server/src/identity/tokens/tokens.ts';

const bootstrap = 'operator-token-of-at-least-32-characters';
const noGuess = async () => {};

/** A database whose statements return the rows of `read`. */
function databaseOf(read: () => Promise<readonly object[]>): Db {
  const query = { select: () => query, where: () => query, compile: () => ({ query: {}, sql: '', parameters: [], queryId: {} }) };
  return { selectFrom: () => query, executeQuery: async () => ({ rows: await read() }) } as unknown as Db;
}

function rowOf(scopes: readonly OperatorScope[], expiresInMs = 60_000) {
  return { id: '7', name: 'deploy-bot', scopes, expires_at: new Date(Date.now() + expiresInMs).toISOString(), wasUsedLately: false };
}

const failure = () => Promise.reject(Object.assign(new Error('no connection'), { code: 'ECONNREFUSED' }));

describe('the tokens of operators', () => {
  it('OPERATOR_TOKEN must match completely, with the scheme Bearer in any case, and is not looked up', async () => {
    const tokens = new OperatorTokens(databaseOf(failure), bootstrap, () => {});
    for (const right of [`Bearer ${bootstrap}`, `bearer ${bootstrap}`]) {
      assert.equal((await tokens.authenticate(right, noGuess))?.name, 'bootstrap');
    }
    for (const wrong of [undefined, '', `Basic ${bootstrap}`, `Bearer ${bootstrap}x`, `Bearer ${bootstrap.slice(1)}`]) {
      assert.equal(await tokens.authenticate(wrong, noGuess), null, String(wrong));
    }
  });

  it('a text is looked up only if it has the form of a token, after it was counted as a guess', async () => {
    const steps: string[] = [];
    const read = async () => {
      steps.push('read');
      return [];
    };
    const tokens = new OperatorTokens(databaseOf(read), null, () => {});
    const guess = async () => void steps.push('guess');
    for (const wrong of ['rcop_', `rcop_${'A'.repeat(64)}`, `rcop_${'a'.repeat(65)}`, `rcsvc_${'a'.repeat(64)}`]) {
      assert.equal(await tokens.authenticate(`Bearer ${wrong}`, guess), null);
    }
    assert.deepEqual(steps, []);
    assert.equal(await tokens.authenticate(`Bearer ${mintOperatorToken()}`, guess), null);
    assert.deepEqual(steps, ['guess', 'read']);
  });

  it('while PostgreSQL fails, a token that was authenticated before can only read metrics', async () => {
    let read: () => Promise<readonly object[]> = async () => [rowOf(['operator:admin'])];
    const used: string[] = [];
    const tokens = new OperatorTokens(
      databaseOf(() => read()),
      null,
      (table, ids) => used.push(`${table} ${ids}`),
    );
    const [known, unknown] = [`Bearer ${mintOperatorToken()}`, `Bearer ${mintOperatorToken()}`];
    assert.deepEqual([...(await tokens.authenticate(known, noGuess))!.scopes].length, 4);
    assert.deepEqual(used, ['operator_tokens 7']);
    read = failure;
    const operator = await tokens.authenticate(known, noGuess);
    assert.deepEqual([...operator!.scopes], ['metrics:read']);
    assert.equal(operator!.unconfirmed?.code, 'unavailable');
    await assert.rejects(tokens.authenticate(unknown, noGuess), { code: 'unavailable' });
    // It was revoked during the outage.
    read = async () => [];
    assert.equal(await tokens.authenticate(known, noGuess), null);
    read = failure;
    await assert.rejects(tokens.authenticate(known, noGuess), { code: 'unavailable' });
  });

  it('[V13.2.1] a token that has expired reads nothing while PostgreSQL fails', async () => {
    let read: () => Promise<readonly object[]> = async () => [rowOf(['metrics:read'], -1)];
    const tokens = new OperatorTokens(
      databaseOf(() => read()),
      null,
      () => {},
    );
    const header = `Bearer ${mintOperatorToken()}`;
    await tokens.authenticate(header, noGuess);
    read = failure;
    await assert.rejects(tokens.authenticate(header, noGuess), { code: 'unavailable' });
  });
});
