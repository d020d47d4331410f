import assert from 'node:assert/strict';
import { type ExpressResponse, requireScope } from '../../../client-sdk/src/guard/express.ts';
import { TestRollcall } from '../../../client-sdk/src/testing/index.ts';

describe('the guard for Express', () => {
  it('passes the error to Express if a response was sent while it waited', async () => {
    const { client } = new TestRollcall();
    const guard = requireScope('org:read', { org: client.organization('acme'), who: () => null });
    const sent = new Error('Cannot set headers after they are sent to the client');
    const refuse = () => {
      throw sent;
    };
    const response: ExpressResponse = { status: refuse, set: refuse, json: refuse };
    const error = await new Promise<unknown>((resolve) => guard({}, response, resolve));
    assert.equal(error, sent);
    client.close();
  });
});
