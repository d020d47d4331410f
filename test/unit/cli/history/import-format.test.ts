import assert from 'node:assert/strict';
import { describeSkipped, importFormat } from '../../../../server/src/cli/history/import-format.ts';
import { operationNames } from '../../../../server/src/features/archive/import/parse-import-lines.ts';

describe('the format of imports, as the command line describes it', () => {
  it('has all operations', () => {
    const described = [...importFormat.matchAll(/^ {2}(\w+\.\w+(?:, \w+\.\w+)*) /gm)].flatMap(([, names]) => names!.split(', '));
    assert.deepEqual(described.sort(), operationNames.toSorted());
  });

  it('lists the operations once, below the lines that were skipped', () => {
    const lines = [3, 7].map((number) => ({ number, reason: 'bad-operation' }));
    const text = describeSkipped([...lines, { number: 9, reason: 'unknown-team' }]);
    assert.match(
      text,
      /^line 3: bad-operation\nline 7: bad-operation\nline 9: unknown-team\nbad-operation: .*member\.add, .*\nunknown-team: /,
    );
    assert.equal(text.match(/member\.add/g)!.length, 1);
  });
});
