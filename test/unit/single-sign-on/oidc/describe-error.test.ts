import assert from 'node:assert/strict';
import { OutboundError } from '../../../../server/src/outbound/outbound-error.ts';
import { describeError } from '../../../../server/src/single-sign-on/oidc/describe-error.ts';

describe('the description of an error of OpenID Connect', () => {
  it('names what failed if the library wraps a failed call', () => {
    const error = new Error('something went wrong', { cause: new OutboundError('dns') });
    assert.equal(describeError(error), 'The host name can’t be resolved.');
  });

  it('contains the message and its cause otherwise, without control characters', () => {
    assert.equal(describeError(new Error('a\u0000b', { cause: new Error('c') })), 'ab (c)');
    assert.equal(describeError(null), 'The response could not be verified.');
  });
});
