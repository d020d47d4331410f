import assert from 'node:assert/strict';
import { messageOf } from '../../../server/src/runtime/startup-error.ts';

describe('the message of a start error', () => {
  it('describes errors without a message, such as those of the embedded database on a full disk', () => {
    assert.equal(messageOf({ name: 'ErrnoError', errno: 51 }), 'no space left on device');
    assert.equal(messageOf({ name: 'ErrnoError', errno: 2 }), '{"name":"ErrnoError","errno":2}');
    assert.equal(messageOf(new AggregateError([new Error('first'), new Error('second')])), 'first');
    assert.equal(messageOf('text'), 'text');
  });
});
