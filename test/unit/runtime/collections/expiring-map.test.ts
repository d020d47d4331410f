import assert from 'node:assert/strict';
import { ExpiringMap } from '../../../../server/src/runtime/collections/expiring-map.ts';

describe('an expiring map', () => {
  let now: number;
  let map: ExpiringMap<string>;

  beforeEach(() => {
    now = 0;
    map = new ExpiringMap(() => now);
  });

  it('returns a value until its time has passed', () => {
    map.set('a', 'first', 100);
    now = 99;
    assert.equal(map.get('a'), 'first');
    now = 100;
    assert.equal(map.get('a'), undefined);
    map.set('a', 'second', 100);
    assert.equal(map.get('a'), 'second');
    map.delete('a');
    assert.equal(map.get('a'), undefined);
  });

  it('removes expired values when another one is set', () => {
    for (let number = 0; number < 1_000; number++) map.set(`key-${number}`, 'value', 100);
    now = 100;
    map.set('later', 'value', 100);
    assert.equal(map.size, 1);
  });

  it('removes expired values although one key is set again and again', () => {
    for (let number = 0; number < 1_000; number++) {
      now += 10;
      map.set('often', 'value', 100);
      map.set(`once-${number}`, 'value', 100);
    }
    assert.ok(map.size <= 12, `${map.size} values stay`);
  });
});
