import assert from 'node:assert/strict';
import type { SamlConfig } from '@rollcall/protocol';
import { verifySamlResponse } from '../../../../../server/src/features/single-sign-on/saml/verify-saml-response.ts';
import { cpuOf } from '../../../../support/cpu-time.ts';
import { excessiveExtensions, largestExtensions } from '../../../../support/saml/hostile-response.ts';
import { makeSamlIdp, type SamlResponseParts } from '../../../../support/saml/saml-idp.ts';
import { SamlTarget } from '../../../../support/saml/saml-target.ts';

const turnMsMax = 20;

describe('the CPU time of a SAML response', () => {
  let target: SamlTarget;
  let certificates: string[];
  before(async () => {
    target = await SamlTarget.make();
    certificates = (await Promise.all([1, 2, 3, 4].map(() => makeSamlIdp()))).map(({ certificate }) => certificate);
  });

  async function costOf(change: Partial<SamlResponseParts>, config: Partial<SamlConfig>, refused: RegExp): Promise<number> {
    const base64 = await target.response(change);
    return cpuOf(async () => {
      const answer = await verifySamlResponse(target.provider(config), base64, target.expected());
      assert.ok('refused' in answer, 'accepted');
      assert.match(answer.refused, refused);
    }, turnMsMax);
  }

  it('[H-96] refuses more than 3,000 attributes before it parses them', async () => {
    const config = { signed: 'both', x509certs: certificates } as const;
    const ms = await costOf({ ...excessiveExtensions, signs: 'both' }, config, /too many attributes/);
    assert.ok(ms < turnMsMax, `${ms} ms`);
  });

  for (const signs of ['assertion', 'response', 'both'] as const) {
    it(`[H-96] verifies nothing but the signature for a signer whom no certificate verifies, who signs: ${signs}`, async () => {
      const ms = await costOf({ ...largestExtensions, signs }, { signed: signs, x509certs: certificates }, /^Invalid signature/);
      assert.ok(ms < turnMsMax, `${ms} ms`);
    });
  }

  it('[H-96] verifies nothing in a response without a signature', async () => {
    const ms = await costOf({ ...largestExtensions, signs: 'none' }, { x509certs: certificates }, /^Invalid signature/);
    assert.ok(ms < turnMsMax, `${ms} ms`);
  });
});
