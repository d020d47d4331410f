import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { Emitter, throwLater } from '../../../client-sdk/src/emitter.ts';

describe('an emitter', () => {
  afterEach(() => mock.restoreAll());

  it('a listener that was removed during an event is not called', () => {
    const called: string[] = [];
    const emitter = new Emitter<{ changed: null }>(throwLater);
    emitter.on('changed', () => {
      called.push('first');
      remove();
    });
    const remove = emitter.on('changed', () => called.push('second'));
    emitter.on('changed', () => called.push('third'));
    emitter.emit('changed', null);
    assert.deepEqual(called, ['first', 'third']);
  });

  it('no further listener is called after all were removed during an event', () => {
    let calls = 0;
    const emitter = new Emitter<{ changed: null }>(throwLater);
    for (let count = 0; count < 2; count++) {
      emitter.on('changed', () => {
        calls++;
        emitter.clear();
      });
    }
    emitter.emit('changed', null);
    assert.equal(calls, 1);
  });

  it('an `onError` that throws interrupts neither the caller nor other listeners', () => {
    const later: (() => void)[] = [];
    mock.method(globalThis, 'queueMicrotask', (run: () => void) => later.push(run));
    const called: string[] = [];
    const emitter = new Emitter<{ changed: null }>((error) => {
      throw new Error(`onError failed after: ${String(error)}`);
    });
    emitter.on('changed', () => {
      throw new Error('the listener failed');
    });
    emitter.on('changed', () => called.push('second'));
    emitter.emit('changed', null);
    assert.deepEqual([called, later.length], [['second'], 1]);
    assert.throws(later[0]!, { message: 'onError failed after: Error: the listener failed' });
  });
});
