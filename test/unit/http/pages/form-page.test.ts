import assert from 'node:assert/strict';
import { formSecurityPolicy } from '../../../../server/src/http/pages/form-page.ts';

describe('the security policy of a page with a form', () => {
  it('[13.7] [V3.4.3] allows forms to this server, to the origin of the provider and to others with its scheme', () => {
    assert.match(formSecurityPolicy(null), /; form-action 'self'; base-uri 'none';/);
    assert.match(
      formSecurityPolicy('https://idp.example.com:8443'),
      /; form-action 'self' https:\/\/idp\.example\.com:8443 https:; base-uri/,
    );
  });

  it('[13.7] has no directive that the host name of a provider contains', () => {
    for (const origin of ['https://a;report-uri', 'https://a,b', 'null', "https://a'b"]) {
      assert.equal(formSecurityPolicy(origin), formSecurityPolicy(null), origin);
    }
  });
});
