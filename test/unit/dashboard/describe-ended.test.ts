import assert from 'node:assert/strict';
import { describeEnded, joinReceipts } from '../../../dashboard/src/bulk/describe-ended.ts';

describe('the notice after a removal', () => {
  const applied = { complete: true, instances: 2, missing: 0, ended: 12, ms: 38 };

  it('states that access ended everywhere, with the number of closed connections', () => {
    assert.equal(describeEnded(applied), '. Access ended everywhere, 12 connections closed');
    assert.equal(describeEnded({ ...applied, ended: 1 }), '. Access ended everywhere, 1 connection closed');
    assert.equal(describeEnded({ ...applied, ended: 0 }), '. Access ended everywhere');
  });

  it('states on how many servers access ended if some have not confirmed it', () => {
    const partial = { ...applied, complete: false };
    assert.equal(
      describeEnded({ ...partial, instances: 1, missing: 1, ended: 0 }),
      '. Access ended on 1 of 2 servers; the other follows within seconds',
    );
    assert.equal(
      describeEnded({ ...partial, instances: 1, missing: 2, ended: 5 }),
      '. Access ended on 1 of 3 servers, 5 connections closed; the others follow within seconds',
    );
  });

  it('states nothing if no server confirmed anything', () => {
    assert.equal(describeEnded(null), '');
    assert.equal(describeEnded({ complete: false, instances: 0, missing: 1, ended: 0, ms: 0 }), '');
  });

  it('joins the receipts of several requests', () => {
    assert.deepEqual(joinReceipts(null, applied), applied);
    assert.deepEqual(joinReceipts(applied, null), applied);
    const partial = { complete: false, instances: 1, missing: 1, ended: 3, ms: 2_000 };
    assert.deepEqual(joinReceipts(applied, partial), { complete: false, instances: 1, missing: 1, ended: 15, ms: 2_038 });
    assert.equal(describeEnded(joinReceipts(applied, applied)), '. Access ended everywhere, 24 connections closed');
  });
});
