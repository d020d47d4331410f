import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { BreachList } from '../../../../server/src/identity/passwords/breach-list.ts';

const sha1 = (text: string) => createHash('sha1').update(text).digest('hex').toUpperCase();

describe('a list of breached passwords', () => {
  let folder: string;
  let file: string;
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'breach-list-'));
    file = path.join(folder, 'hashes.txt');
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const listOf = async (lines: readonly string[], end = '\n') => {
    await writeFile(file, lines.map((line) => line + end).join(''));
    return new BreachList(file);
  };

  it('[V6.2.12] finds each of its hashes, and no other one', async () => {
    for (const count of [0, 1, 2, 3, 50, 1_000]) {
      const hashes = Array.from({ length: count }, (_, n) => sha1(`password ${n}`)).sort();
      const list = await listOf(
        hashes.map((hash, n) => `${hash}:${10 ** (n % 8)}`),
        '\r\n',
      );
      for (const hash of hashes) assert.ok(await list.has(hash), `${hash} of ${count}`);
      for (let n = 0; n < 100; n++) assert.equal(await list.has(sha1(`another password ${n}`)), false);
      for (const edge of ['0'.repeat(40), 'F'.repeat(40)]) assert.equal(await list.has(edge), false);
    }
  });

  it('reads a list without counts, in lower case, and without an end of the last line', async () => {
    const hashes = ['a', 'b', 'c'].map(sha1).sort();
    await writeFile(file, hashes.join('\n').toLowerCase());
    const list = new BreachList(file);
    for (const hash of hashes) assert.ok(await list.has(hash));
    assert.equal(await list.has(sha1('d')), false);
  });

  it('rejects for a file with other lines, and for a missing file', async () => {
    await assert.rejects((await listOf(['password', 'secret'])).has(sha1('a')), /does not begin with a SHA-1 hash/);
    await assert.rejects((await listOf(['x'.repeat(1_000)])).has(sha1('a')), /list/);
    await assert.rejects(new BreachList(path.join(folder, 'missing.txt')).has(sha1('a')), { code: 'ENOENT' });
  });
});
