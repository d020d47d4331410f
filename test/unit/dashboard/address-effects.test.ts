import assert from 'node:assert/strict';
import type { IpAllowListPreview } from '../../../client-sdk/src/index.ts';
import { effectOfSaving, summaryOf } from '../../../dashboard/src/pages/ip-addresses/address-effect.ts';

const preview: IpAllowListPreview = {
  you: { address: null, isIncluded: false },
  warning: null,
  live: [],
  wouldEnd: 1_200,
  instances: 2,
  complete: true,
};

describe('the effect of a list of IP addresses', () => {
  it('gives the number of connections, for a list that is on or off', () => {
    assert.equal(summaryOf(preview, true), 'This list closes 1,200 connections.');
    assert.equal(summaryOf({ ...preview, wouldEnd: 1 }, false), 'If the list were on, it would close 1 connection.');
    assert.equal(summaryOf({ ...preview, wouldEnd: 0 }, true), 'This list includes everyone who is connected.');
    assert.equal(summaryOf({ ...preview, wouldEnd: 0 }, false), 'If the list were on, it would include everyone who is connected.');
  });

  it('mentions servers that did not respond', () => {
    assert.equal(
      summaryOf({ ...preview, wouldEnd: 2, complete: false }, true),
      'This list closes 2 connections. Not all servers responded, so there may be more.',
    );
  });

  it('names the addresses of the identity provider that are excluded, and needs a confirmation', () => {
    const called = (address: string, isIncluded = false) => ({ address, isIncluded, users: [], tokens: ['7'], subscriptions: 0 });
    const live = [called('203.0.113.7'), called('192.0.2.1', true), { ...called('203.0.113.1'), subscriptions: 2 }];
    const provider = 'your identity provider (203.0.113.7).';
    const shuts = { ...preview, wouldEnd: 0, live };
    assert.equal(summaryOf(shuts, true), `This list includes everyone who is connected, but shuts out ${provider}`);
    assert.equal(summaryOf(shuts, false), `If the list were on, it would include everyone who is connected, but shut out ${provider}`);
    assert.equal(effectOfSaving(shuts), summaryOf(shuts, true));
    assert.equal(effectOfSaving({ ...shuts, wouldEnd: 2 }), `This list closes 2 connections, and shuts out ${provider}`);
    const many = { ...shuts, live: [1, 2, 3, 4, 5].map((last) => called(`203.0.113.${last}`)) };
    assert.match(summaryOf(many, true), /\(203\.0\.113\.1, 203\.0\.113\.2, 203\.0\.113\.3 and 2 more\)\.$/);
  });

  it('needs a confirmation unless the list closes no connection', () => {
    assert.equal(effectOfSaving(preview), 'This list closes 1,200 connections.');
    assert.equal(effectOfSaving({ ...preview, wouldEnd: 0 }), null);
    assert.match(effectOfSaving(null)!, /^Couldn’t find out who is connected\./);
  });
});
