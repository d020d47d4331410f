import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { confirmRemoval } from '../../../server/src/cli/operator/confirm-removal.ts';

describe('the confirmation of a removal', () => {
  /** Types a line, and returns the question. */
  async function confirm(typed: string, isTTY = true, isConfirmed = false): Promise<string> {
    const output = new PassThrough();
    const input = Object.assign(new PassThrough(), { isTTY });
    input.end(typed);
    await confirmRemoval('acme', 'All access to acme will end', isConfirmed, { input, output });
    output.end();
    return text(output);
  }

  it('accepts the name, typed on a terminal', async () => {
    assert.equal(await confirm('acme\n'), 'All access to acme will end. Type acme to confirm: ');
  });

  for (const [what, typed] of [
    ['another name', 'acme-2\n'],
    ['an empty line', '\n'],
    ['the end of the input', ''],
  ] as const) {
    it(`refuses ${what}`, () => assert.rejects(confirm(typed), /Not confirmed, so nothing was changed/));
  }

  it('needs --yes if no person can be asked', () => assert.rejects(confirm('acme\n', false), /Add --yes to confirm/));

  it('asks nothing with --yes', async () => {
    for (const isTTY of [true, false]) assert.equal(await confirm('', isTTY, true), '');
  });
});
