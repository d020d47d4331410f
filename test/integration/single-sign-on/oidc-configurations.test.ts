import assert from 'node:assert/strict';
import { type ConfiguredProvider, providerSecrets } from '../../../server/src/features/single-sign-on/database/auth-provider-configs.ts';
import { OidcConfigurations } from '../../../server/src/features/single-sign-on/oidc/oidc-configurations.ts';
import { parseAllowedDestinations } from '../../../server/src/outbound/allowed-destinations.ts';
import { Outbound } from '../../../server/src/outbound/outbound.ts';
import { Counters } from '../../../server/src/runtime/metrics/counters.ts';
import { anAuthProvider, anOidcConfig } from '../../support/builders.ts';
import { ForgingIdp } from '../../support/forging-idp.ts';

describe('the cache of OpenID Connect configurations', () => {
  let idp: ForgingIdp;
  let outbound: Outbound;
  let discoveries: number;

  before(async () => {
    idp = await ForgingIdp.start();
    outbound = new Outbound({
      allowed: parseAllowedDestinations(['127.0.0.1'])!,
      publicUrl: 'https://rollcall.example.com',
      servicePorts: new Set(),
      counters: new Counters(),
    });
    idp.describe = (metadata) => {
      discoveries++;
      return metadata;
    };
  });
  after(async () => {
    await outbound?.close();
    await idp?.stop();
  });
  beforeEach(() => {
    discoveries = 0;
  });

  const providerOf = (orgId: string, clientId = 'rollcall'): ConfiguredProvider => ({
    orgId,
    record: anAuthProvider({ key: 'oidc', protocol: 'oidc' }),
    config: anOidcConfig({ issuer: idp.issuer(), client_id: clientId }),
    secrets: new Map([[providerSecrets.clientSecret, idp.clientSecret]]),
    spCertificate: null,
    nextSpCertificate: null,
  });

  it('[H-01] keeps that of an organization while another one changes its settings hundreds of times', async () => {
    const configurations = new OidcConfigurations(outbound);
    const read = (...given: Parameters<typeof providerOf>) => configurations.read(idp.issuer(), providerOf(...given));
    const kept = await read('1');
    const changes = 600;
    for (let change = 0; change < changes; change++) await read('2', `client-${change}`);
    assert.equal(await read('1'), kept);
    assert.equal(discoveries, changes + 1);
  });

  it('reads a configuration again after a change of its settings', async () => {
    const configurations = new OidcConfigurations(outbound);
    const read = (clientId: string) => configurations.read(idp.issuer(), providerOf('1', clientId));
    const first = await read('a');
    assert.equal(await read('a'), first);
    assert.equal((await read('b')).clientMetadata().client_id, 'b');
    assert.equal(discoveries, 2);
  });
});
