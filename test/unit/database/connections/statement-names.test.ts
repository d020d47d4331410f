import assert from 'node:assert/strict';
import { StatementNames } from '../../../../server/src/database/connections/statement-names.ts';
import { growthMark, searchMark } from '../../../../server/src/database/statement-marks.ts';

describe('the names of statements', () => {
  const namesOf = (names: StatementNames, text: string, times: number) => Array.from({ length: times }, () => names.nameOf(text));

  it('begin with the third use and stay the same', () => {
    const [first, second, third, fourth] = namesOf(new StatementNames(), 'SELECT $1', 4);
    assert.deepEqual([first, second], [undefined, undefined]);
    assert.match(third!, /^[0-9a-f]{32}$/);
    assert.equal(fourth, third);
  });

  it('match in every process and differ for every text', () => {
    const [one, other] = [new StatementNames(), new StatementNames()];
    namesOf(other, 'SELECT $2', 3);
    const name = namesOf(one, 'SELECT $1', 3)[2];
    assert.equal(namesOf(other, 'SELECT $1', 3)[2], name);
    assert.notEqual(namesOf(one, 'SELECT $2', 3)[2], name);
  });

  it('have a maximum number, which bounds the plans that PostgreSQL keeps', () => {
    const names = new StatementNames();
    const given = new Set(Array.from({ length: 1_000 }, (_, n) => namesOf(names, `SELECT ${n}, $1`, 3)[2]));
    given.delete(undefined);
    assert.equal(given.size, 200);
  });

  it('leave out searches and lists, of which a caller can make any number', () => {
    const names = new StatementNames();
    for (let n = 1; n <= 300; n++) {
      const list = Array.from({ length: n + 1 }, (_, index) => `$${index + 1}`).join(', ');
      assert.deepEqual(new Set(namesOf(names, `select "id" from "members" where "role" in (${list})`, 3)), new Set([undefined]));
      assert.deepEqual(new Set(namesOf(names, `select ${n} where ${searchMark} "role" in ($1)`, 3)), new Set([undefined]));
    }
    assert.ok(namesOf(names, 'select $1', 3)[2]);
    assert.ok(namesOf(names, 'select "id" from "members" where "role" in ($1)', 3)[2]);
  });

  it('leave out a statement whose plan depends on the growth of the tables', () => {
    assert.deepEqual(new Set(namesOf(new StatementNames(), `${growthMark} select $1`, 3)), new Set([undefined]));
  });

  it('remain available to frequent statements after any number of one-time statements', () => {
    const names = new StatementNames();
    for (let n = 0; n < 10_000; n++) names.nameOf(`SELECT ${n}, $1`);
    assert.ok(namesOf(names, 'SELECT $1', 3)[2]);
  });
});
