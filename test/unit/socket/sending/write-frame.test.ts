import assert from 'node:assert/strict';
import type { Socket } from 'socket.io';
import { encodeFrame } from '../../../../server/src/read-path/subscriptions/frame.ts';
import { FrameWriter } from '../../../../server/src/socket/sending/write-frame.ts';

/** A connection by long polling, which has no WebSocket to write to. */
function aWriter() {
  const written: string[] = [];
  const conn = {
    on() {},
    readyState: 'open',
    writeBuffer: [],
    transport: { name: 'polling' },
    write: (text: string) => written.push(text),
  };
  const socket = { conn, disconnect: () => written.push('disconnect') };
  return { written, writer: new FrameWriter(socket as unknown as Socket) };
}

const revoked = encodeFrame('revoked', 'revoked');
const revokedText = '2["revoked","revoked"]';

describe('a held frame', () => {
  it('waits until it is requested, and is written once', () => {
    const { written, writer } = aWriter();
    writer.hold(revoked);
    assert.deepEqual(written, []);
    writer.writeHeld();
    writer.writeHeld();
    assert.deepEqual(written, [revokedText]);
  });

  it('[A2] precedes every later frame', () => {
    const { written, writer } = aWriter();
    writer.hold(revoked);
    writer.write(encodeFrame('step', 1));
    assert.deepEqual(written, [revokedText, '2["step",1]']);
  });

  it('[A2] precedes the end of the connection', () => {
    const { written, writer } = aWriter();
    writer.hold(revoked);
    writer.disconnect();
    assert.deepEqual(written, [revokedText, 'disconnect']);
  });
});
