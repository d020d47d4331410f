import assert from 'node:assert/strict';
import { ResponseBodyError } from 'openid-client';
import { describeOidcError } from '../../../../../server/src/features/single-sign-on/oidc/describe-oidc-error.ts';
import { OutboundError } from '../../../../../server/src/outbound/outbound-error.ts';

describe('the description of an error of OpenID Connect', () => {
  it('names what failed if the library wraps a failed call', () => {
    const error = new Error('something went wrong', { cause: new OutboundError('dns') });
    assert.equal(describeOidcError(error), 'The host name can’t be resolved.');
  });

  it('names the status if the library wraps a response', () => {
    const error = new Error('unexpected HTTP response status code', { cause: new Response('', { status: 404 }) });
    assert.equal(describeOidcError(error), 'The provider responded with status 404.');
  });

  it('states what to check if the provider refuses the client', () => {
    const cause = { error: 'invalid_client', error_description: 'client authentication failed' };
    const error = new ResponseBodyError('refused', { cause, response: new Response('', { status: 401 }) });
    assert.equal(
      describeOidcError(error),
      'The provider responded with the error invalid_client: client authentication failed. Check the client ID and the client secret.',
    );
  });

  it('contains the message and its cause otherwise, without control characters', () => {
    assert.equal(describeOidcError(new Error('a\u0000b', { cause: new Error('c') })), 'ab (c)');
    assert.equal(describeOidcError(null), 'The response could not be verified.');
  });
});
