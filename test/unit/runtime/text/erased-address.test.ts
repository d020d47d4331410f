import assert from 'node:assert/strict';
import { isReservedLogin } from '../../../../server/src/database/identity/placeholder-address.ts';
import { aliasOf, aliasOfUser } from '../../../../server/src/features/retention/domain/replace-person.ts';
import { isErasedAddress } from '../../../../server/src/runtime/text/erased-address.ts';

describe('the addresses of erased people', () => {
  const aliases = [aliasOfUser('7').email, aliasOf({ userId: null, memberIds: ['8'] }).email];

  it('include those that an erasure gives users and invites, in any case', () => {
    for (const email of aliases) {
      assert.ok(isErasedAddress(email), email);
      assert.ok(isErasedAddress(email.toUpperCase()), email);
    }
    for (const email of ['erased-7@example.com', 'ada.erased-7@users.invalid', 'no-address-7@users.invalid'])
      assert.ok(!isErasedAddress(email), email);
  });

  it('belong to no login of an import, and neither do placeholders', () => {
    for (const login of [...aliases.map((email) => email.split('@')[0]!), 'Erased-7', 'no-address-0123456789abcdef'])
      assert.ok(isReservedLogin(login), login);
    for (const login of ['erased', 'ada-erased-7', 'octocat']) assert.ok(!isReservedLogin(login), login);
  });
});
