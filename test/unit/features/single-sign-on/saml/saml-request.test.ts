import assert from 'node:assert/strict';
import { verify, X509Certificate } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';
import { SamlRequests } from '../../../../../server/src/features/single-sign-on/saml/saml-request.ts';
import { SamlTarget } from '../../../../support/saml/saml-target.ts';

const service = { acsUrl: 'https://rollcall.example/saml/acs/1/', entityId: 'https://rollcall.example/saml/metadata/1/' };

describe('the request of a SAML login', () => {
  let target: SamlTarget;
  before(async () => {
    target = await SamlTarget.make();
  });

  const urlOf = (requests: SamlRequests, number = 0, network = '192.0.2.1') =>
    requests.urlOf(target.provider(), { requestKey: `_${number}`, forceLogin: false }, service, network);

  it('[V11.6.1] has a signature that the certificate of this server verifies', async () => {
    const { searchParams } = await urlOf(new SamlRequests());
    const signed = ['SAMLRequest', 'SigAlg'].map((name) => `${name}=${encodeURIComponent(searchParams.get(name)!)}`).join('&');
    const { publicKey } = new X509Certificate(target.provider().spCertificate!);
    assert.ok(verify('sha256', Buffer.from(signed), publicKey, Buffer.from(searchParams.get('Signature')!, 'base64')));
  });

  it('keeps the parameters of the address at the provider', async () => {
    const provider = target.provider({ sso_url: 'https://idp.example/sso?tenant=a%20b' });
    const url = await new SamlRequests().urlOf(provider, { requestKey: '_1', forceLogin: true }, service, '192.0.2.1');
    assert.equal(url.searchParams.get('tenant'), 'a b');
    assert.deepEqual([...url.searchParams.keys()], ['tenant', 'SAMLRequest', 'SigAlg', 'Signature']);
  });

  it('asks for the ways to log in that the organization requires', async () => {
    const requestOf = async (config: Parameters<SamlTarget['provider']>[0]) => {
      const url = await new SamlRequests().urlOf(target.provider(config), { requestKey: '_1', forceLogin: false }, service, '192.0.2.1');
      return inflateRawSync(Buffer.from(url.searchParams.get('SAMLRequest')!, 'base64')).toString();
    };
    assert.doesNotMatch(await requestOf({}), /RequestedAuthnContext/);
    const asked = await requestOf({ authn_contexts: ['urn:example:phr', 'https://refeds.org/profile/mfa'] });
    assert.match(asked, /<samlp:RequestedAuthnContext [^>]*Comparison="exact"/);
    assert.deepEqual(
      [...asked.matchAll(/AuthnContextClassRef[^>]*>([^<]+)</g)].map(([, value]) => value),
      ['urn:example:phr', 'https://refeds.org/profile/mfa'],
    );
  });

  it('gets 503 if the queue for signatures is full', async () => {
    const requests = new SamlRequests({ waitingMax: 3 });
    const settled = await Promise.allSettled(Array.from({ length: 50 }, (_, number) => urlOf(requests, number)));
    const codes = settled.map((one) => (one.status === 'rejected' ? one.reason.code : 'signed'));
    assert.deepEqual(new Set(codes), new Set(['signed', 'unavailable']));
    assert.ok(await urlOf(requests), 'none waits any more');
  });

  it('takes turns by network, so that a crowd of one network refuses none of another', async () => {
    const requests = new SamlRequests({ waitingMax: 5 });
    const crowd = Array.from({ length: 50 }, (_, number) => urlOf(requests, number, '192.0.2.1'));
    const other = urlOf(requests, 50, '198.51.100.1');
    await Promise.allSettled(crowd);
    assert.ok((await other).searchParams.get('Signature'));
  });
});
