import assert from 'node:assert/strict';
import { TestRollcall } from '@rollcall/client/testing';
import { sendInvite } from '../../../react/src/send-invite.ts';

const invite = { email: 'a@example.com', orgRole: 'member' } as const;

describe('the result of an invitation that the dialog sends', () => {
  let rollcall: TestRollcall;
  /** The response of the server. */
  let answer: () => Response;

  beforeEach(() => {
    rollcall = new TestRollcall({ fetch: async () => answer() });
    answer = () => Response.json({ id: '3', ...invite }, { status: 201 });
  });
  afterEach(() => rollcall.client.close());

  const send = (isRequesting: boolean, onInvited = (_: { readonly id: string }) => {}) =>
    sendInvite(rollcall.client.organization('acme'), invite, isRequesting, onInvited);

  it('an invitation and a request for one have different results, and call onInvited with the response', async () => {
    const invited: string[] = [];
    for (const [isRequesting, reason] of [
      [false, 'Invited'],
      [true, 'Approval requested'],
    ] as const)
      assert.deepEqual(await send(isRequesting, ({ id }) => invited.push(id)), { kind: 'done', reason });
    assert.deepEqual(invited, ['3', '3']);
  });

  it('an invitation that the server refuses has the reason, and does not call onInvited', async () => {
    answer = () => Response.json({ detail: 'No.' }, { status: 403 });
    const { kind } = await send(false, () => assert.fail('onInvited was called'));
    assert.equal(kind, 'refused');
  });

  it('an invitation that was sent counts as sent if onInvited throws, which is an uncaught error', async () => {
    const failure = new Error('onInvited failed');
    const thrown: unknown[] = [];
    // The listeners of mocha would fail the test.
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => thrown.push(error));
    try {
      const outcome = await send(false, () => {
        throw failure;
      });
      assert.deepEqual([outcome, thrown], [{ kind: 'done', reason: 'Invited' }, [failure]]);
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const listener of listeners) process.on('uncaughtException', listener);
    }
  });
});
