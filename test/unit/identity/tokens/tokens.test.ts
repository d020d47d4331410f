import assert from 'node:assert/strict';
import { digestToken, mintOrgToken, mintUserToken } from '../../../../server/src/identity/tokens/tokens.ts';

describe('token texts', () => {
  it('[10.2] [V11.5.1] consist of sntryu_ and 64 hexadecimal digits for user tokens', () => {
    const token = mintUserToken();
    assert.match(token, /^sntryu_[0-9a-f]{64}$/);
    assert.notEqual(token, mintUserToken());
    assert.equal(digestToken(token).lastCharacters, token.slice(-4));
  });

  it('[10.1] contain the organization and the address of the server for organization tokens', () => {
    const token = mintOrgToken({ publicUrl: 'https://rollcall.example.com', orgSlug: 'acme', issuedAtMs: 1_700_000_000_250 });
    const [prefix, facts, secret, ...rest] = token.split('_');
    assert.deepEqual([prefix, rest], ['sntrys', []]);
    assert.deepEqual(JSON.parse(Buffer.from(facts!, 'base64').toString()), {
      iat: 1_700_000_000.25,
      url: 'https://rollcall.example.com',
      region_url: 'https://rollcall.example.com',
      org: 'acme',
    });
    assert.equal(facts, Buffer.from(Buffer.from(facts!, 'base64')).toString('base64'), 'standard alphabet, with padding');
    assert.match(secret!, /^[A-Za-z0-9+/]{43}$/);
  });

  it('[2] have the hexadecimal SHA-256 of the whole text as their stored form', () => {
    assert.equal(digestToken('abc').hash, 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});
