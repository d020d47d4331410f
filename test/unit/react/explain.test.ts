import assert from 'node:assert/strict';
import { OrgError } from '@rollcall/client';
import { explain } from '../../../react/src/explain.ts';

describe('the explanation of an error', () => {
  it('states how to change the provider in a session that began with a login there', () => {
    const error = new OrgError('full-login-required', 'Log in with your password to change this.');
    assert.match(explain(error), /^You logged in with the identity provider\. Log out, and log in with your password/);
  });

  it('keeps a text that the REST contract doesn’t fix, without the name of the field', () => {
    assert.equal(explain(new OrgError('invalid', 'slug: Choose another one.')), 'Choose another one.');
  });
});
