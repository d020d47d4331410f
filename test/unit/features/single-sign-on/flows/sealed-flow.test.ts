import assert from 'node:assert/strict';
import type { SamlConfig } from '@rollcall/protocol';
import type { ConfiguredProvider } from '../../../../../server/src/features/single-sign-on/database/auth-provider-configs.ts';
import {
  flowIdOf,
  newFlowId,
  openFlowOf,
  readRequestKey,
  requestKeyOf,
  type SealedFlow,
  sealFlow,
} from '../../../../../server/src/features/single-sign-on/flows/sealed-flow.ts';
import { KeyRing } from '../../../../../server/src/runtime/secrets/key-ring.ts';
import { SamlTarget } from '../../../../support/saml/saml-target.ts';

const key = new KeyRing('the secret of this server, which is long');

describe('a login in progress that only the browser stores', () => {
  let provider: ConfiguredProvider;
  before(async () => {
    provider = (await SamlTarget.make()).provider();
  });
  const began = Date.parse('2026-01-01T00:00:00Z');
  const minute = 60_000;
  const requestOf = (isTest = false, id = newFlowId()) => requestKeyOf(key, provider, { id, forceLogin: true, isTest }, began);

  it('[H-97] belongs to the request that this server sent, for ten minutes', () => {
    const id = newFlowId();
    const requestKey = requestOf(false, id);
    assert.match(requestKey, /^[A-Za-z_][\w.-]{0,255}$/);
    assert.equal(flowIdOf(requestKey), id);
    const expected = { id, forceLogin: true, isTest: false, dateCreated: '2026-01-01T00:00:00.000Z' };
    for (const later of [0, 9 * minute]) assert.deepEqual(readRequestKey(key, provider, requestKey, began + later), expected);
    for (const other of [10 * minute, -5 * minute]) assert.equal(readRequestKey(key, provider, requestKey, began + other), null);
  });

  it('[H-97] does not belong to a request that was changed, forged, or sent to another provider', () => {
    const requestKey = requestOf();
    const now = began + minute;
    for (let at = 0; at < requestKey.length; at++) {
      const changed = `${requestKey.slice(0, at)}${requestKey[at] === '1' ? '2' : '1'}${requestKey.slice(at + 1)}`;
      assert.equal(readRequestKey(key, provider, changed, now), null, `changed at ${at}`);
    }
    for (const other of [
      { ...provider, orgId: '2' },
      { ...provider, record: { ...provider.record, id: '99' } },
      { ...provider, record: { ...provider.record, generation: provider.record.generation + 1 } },
      { ...provider, config: { ...provider.config, x509certs: ['another'] } as SamlConfig },
      { ...provider, secrets: new Map([...provider.secrets, ['client-secret', 'another']]) },
    ])
      assert.equal(readRequestKey(key, other, requestKey, now), null);
    assert.equal(readRequestKey(new KeyRing('another secret'), provider, requestKey, now), null);
    for (const text of ['', '_', 'x'.repeat(106), `_${'0'.repeat(48)}`, `${requestKey}\n`, '__proto__'])
      assert.equal(readRequestKey(key, provider, text, now), null);
    // The keys of this server decrypt, and end no login when they change.
    const rotated = { ...provider, secrets: new Map([...provider.secrets, ['next-sp-key', 'new']]) };
    assert.notEqual(readRequestKey(key, rotated, requestKey, now), null);
  });

  it('[H-97] [V10.1.2] opens in the browser that has its cookie, and nowhere else', () => {
    const flow: SealedFlow = {
      ...{ id: newFlowId(), orgId: '1', purpose: 'invite', protocol: 'oidc', nonce: 'n', verifier: 'v', next: '/' },
      invite: { memberId: '7', token: 'the token of an invite' },
    };
    const sealed = sealFlow(key, flow);
    assert.ok(!Buffer.from(sealed, 'base64url').includes('the token'));
    const other = sealFlow(key, { ...flow, id: newFlowId() });
    assert.deepEqual(openFlowOf(key, [other, sealed], flow.id), { flow, sealed });
    for (const cookie of [[], [other], ['garbage'], [`${sealed.slice(0, -4)}AAAA`], [sealFlow(new KeyRing('another secret'), flow)]])
      assert.equal(openFlowOf(key, cookie, flow.id), null);
  });
});
