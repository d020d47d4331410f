import assert from 'node:assert/strict';
import { Emitter } from '../../../client-sdk/src/emitter.ts';
import { connect } from '../../../client-sdk/src/index.ts';
import { Waiters } from '../../../client-sdk/src/waiting.ts';
import { collectGarbage } from '../../support/collect-garbage.ts';
import { eventually } from '../../support/eventually.ts';

const callers = 30;

describe('an AbortSignal that many calls share', () => {
  let listenerCount = 0;
  let controller: AbortController;

  beforeEach(() => {
    listenerCount = 0;
    controller = new AbortController();
    const { signal } = controller;
    const add = signal.addEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listenerCount++;
      add(...args);
    };
  });

  it('gets one listener for all waits, listeners and clients, so that Node warns of no leak', async () => {
    const { signal } = controller;
    const emitter = new Emitter<{ changed: null }>((error) => assert.ifError(error));
    const waiters = new Waiters();
    const waits: Promise<void>[] = [];
    let received = 0;
    for (let caller = 0; caller < callers; caller++) {
      waits.push(waiters.until(() => false, { signal }));
      emitter.on('changed', () => received++, { signal });
    }
    using client = connect({ url: 'http://127.0.0.1:9', signal });
    emitter.emit('changed', null);
    assert.deepEqual([received, listenerCount], [callers, 1]);

    controller.abort();
    for (const wait of waits) await assert.rejects(wait, { code: 'aborted' });
    emitter.emit('changed', null);
    assert.deepEqual([received, client.status.phase], [callers, 'closed']);
  });

  it('calls nothing that was removed before it aborts', () => {
    const emitter = new Emitter<{ changed: null }>((error) => assert.ifError(error));
    let received = 0;
    const remove = emitter.on('changed', () => received++, { signal: controller.signal });
    emitter.on('changed', () => received++);
    remove();
    controller.abort();
    emitter.emit('changed', null);
    assert.equal(received, 1);
  });

  it('retains no client, handle or listener that ended before it aborts', async () => {
    const { signal } = controller;
    const openClient = () => {
      const client = connect({ url: 'http://127.0.0.1:9', signal });
      client.close();
      return new WeakRef<object>(client);
    };
    const openHandle = () => {
      using client = connect({ url: 'http://127.0.0.1:9' });
      const listener = () => {};
      client.organization('acme').on('change', listener, { signal });
      return new WeakRef<object>(listener);
    };
    const ended = [openClient(), openHandle()];
    await eventually(() => {
      collectGarbage();
      const isCollected = ended.map((one) => one.deref() === undefined);
      assert.deepEqual(isCollected, [true, true]);
    });
    assert.equal(signal.aborted, false);
  });
});
