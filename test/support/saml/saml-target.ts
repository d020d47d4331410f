import type { SamlConfig } from '@rollcall/protocol';
import type { ConfiguredProvider } from '../../../server/src/features/single-sign-on/database/auth-provider-configs.ts';
import { makeSpCertificate, type SpCertificate } from '../../../server/src/features/single-sign-on/saml/sp-certificate.ts';
import type { ExpectedResponse } from '../../../server/src/features/single-sign-on/saml/verify-saml-response.ts';
import { anAuthProvider, aSamlConfig } from '../builders.ts';
import type { AttackContext, SamlAttack } from './attacks/saml-attack.ts';
import { makeSamlIdp, makeSamlResponse, type RequestOfResponse, type SamlIdp, type SamlResponseParts, validParts } from './saml-idp.ts';

/** An organization with a SAML provider, and an open flow. */
export class SamlTarget {
  readonly #idp: SamlIdp;
  readonly #foreign: SamlIdp;
  readonly #sp: SpCertificate;
  readonly request: RequestOfResponse = {
    acsUrl: 'https://rollcall.example/saml/acs/1/',
    entityId: 'https://rollcall.example/saml/metadata/1/',
    requestId: '_request1',
  };
  readonly #other: RequestOfResponse = {
    acsUrl: 'https://rollcall.example/saml/acs/2/',
    entityId: 'https://rollcall.example/saml/metadata/2/',
    requestId: '_request2',
  };

  private constructor(idp: SamlIdp, foreign: SamlIdp, sp: SpCertificate) {
    this.#idp = idp;
    this.#foreign = foreign;
    this.#sp = sp;
  }

  static async make(): Promise<SamlTarget> {
    return new SamlTarget(await makeSamlIdp(), await makeSamlIdp(), await makeSpCertificate());
  }

  get context(): AttackContext {
    const { request } = this;
    return {
      idp: this.#idp,
      foreign: this.#foreign,
      request,
      other: this.#other,
      valid: validParts(this.#idp, request),
      spCertificate: this.#sp.certificate,
    };
  }

  provider(config: Partial<SamlConfig> = {}): ConfiguredProvider {
    return {
      orgId: '1',
      record: anAuthProvider(),
      config: aSamlConfig({ entity_id: this.#idp.entityId, x509certs: [this.#idp.certificate], ...config }),
      secrets: new Map([['sp-key', this.#sp.key]]),
      spCertificate: this.#sp.certificate,
      nextSpCertificate: null,
    };
  }

  expected(): ExpectedResponse {
    return { ...this.request, now: new Date() };
  }

  response(change: Partial<SamlResponseParts> = {}): Promise<string> {
    return makeSamlResponse({ ...this.context.valid, ...change });
  }

  attack(attack: SamlAttack): Promise<string> {
    return this.response(attack.change(this.context));
  }
}
