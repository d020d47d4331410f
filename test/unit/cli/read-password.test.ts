import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { readPassword } from '../../../server/src/cli/operator/read-password.ts';

describe('a password from stdin', () => {
  for (const [input, password] of [
    ['a long pass phrase\n', 'a long pass phrase'],
    ['a long pass phrase\r\n', 'a long pass phrase'],
    [' spaces and\nlines \n\n', ' spaces and\nlines \n'],
  ] as const) {
    it(`has all of the input ${JSON.stringify(input)} but the last line break`, async () => {
      assert.equal(await readPassword(Readable.from([input])), password);
    });
  }

  it('cannot be typed on a terminal, which would show it', async () => {
    const terminal = Object.assign(Readable.from(['typed']), { isTTY: true });
    await assert.rejects(readPassword(terminal), /--password-stdin reads a pipe or a file/);
  });
});
