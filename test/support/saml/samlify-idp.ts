import { randomBytes } from 'node:crypto';
import samlify from 'samlify';
import type { SamlIdp } from './saml-idp.ts';

// Samlify refuses to start without a validator. The tested server validates by itself.
samlify.setSchemaValidator({ validate: async () => 'valid' });

/** The template of a response. The one of samlify has no AuthnStatement. */
const template = `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="{ID}" Version="2.0" IssueInstant="{IssueInstant}" Destination="{Destination}" InResponseTo="{InResponseTo}"><saml:Issuer>{Issuer}</saml:Issuer><samlp:Status><samlp:StatusCode Value="{StatusCode}"/></samlp:Status><saml:Assertion ID="{AssertionID}" Version="2.0" IssueInstant="{IssueInstant}" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"><saml:Issuer>{Issuer}</saml:Issuer><saml:Subject><saml:NameID Format="{NameIDFormat}">{NameID}</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData NotOnOrAfter="{NotOnOrAfter}" Recipient="{Destination}" InResponseTo="{InResponseTo}"/></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="{IssueInstant}" NotOnOrAfter="{NotOnOrAfter}"><saml:AudienceRestriction><saml:Audience>{Audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="{IssueInstant}" SessionIndex="{AssertionID}"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>{AttributeStatement}</saml:Assertion></samlp:Response>`;

const emailFormat = 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress';

/** Samlify as the identity provider: it reads the service's metadata and verifies its requests. */
export class SamlifyIdp {
  readonly #idp: ReturnType<typeof samlify.IdentityProvider>;
  readonly #entityId: string;
  readonly #isEncrypted: boolean;

  constructor({ entityId, key, certificate }: SamlIdp, ssoUrl: string, isEncrypted: boolean) {
    this.#entityId = entityId;
    this.#isEncrypted = isEncrypted;
    this.#idp = samlify.IdentityProvider({
      entityID: entityId,
      privateKey: key,
      signingCert: certificate,
      requestSignatureAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
      wantAuthnRequestsSigned: true,
      isAssertionEncrypted: isEncrypted,
      messageSigningOrder: 'encrypt-then-sign',
      nameIDFormat: [emailFormat],
      singleSignOnService: [{ Binding: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect', Location: ssoUrl }],
      loginResponseTemplate: {
        context: template,
        attributes: [
          { name: 'mail', valueTag: 'mail', nameFormat: 'urn:oasis:names:tc:SAML:2.0:attrname-format:basic', valueXsiType: 'xs:string' },
        ],
      },
    });
  }

  get metadata(): string {
    return this.#idp.getMetadata();
  }

  /** Verifies the request and logs the person in. Returns the value of `SAMLResponse`. */
  async respond(url: URL, serviceMetadata: string, { nameId, mail }: { nameId: string; mail: string }): Promise<string> {
    const service = samlify.ServiceProvider({ metadata: serviceMetadata, wantMessageSigned: this.#isEncrypted });
    const query = Object.fromEntries(url.searchParams);
    const octetString = ['SAMLRequest', 'SigAlg'].map((name) => `${name}=${encodeURIComponent(query[name]!)}`).join('&');
    const { extract } = await this.#idp.parseLoginRequest(service, 'redirect', { query, octetString });
    const now = Date.now();
    const fill = (context: string) => {
      const id = `_${randomBytes(8).toString('hex')}`;
      const tags = {
        ID: id,
        AssertionID: `_${randomBytes(8).toString('hex')}`,
        Destination: String(service.entityMeta.getAssertionConsumerService('post')),
        Audience: service.entityMeta.getEntityID(),
        Issuer: this.#entityId,
        IssueInstant: new Date(now).toISOString(),
        NotOnOrAfter: new Date(now + 300_000).toISOString(),
        StatusCode: 'urn:oasis:names:tc:SAML:2.0:status:Success',
        NameIDFormat: emailFormat,
        NameID: nameId,
        InResponseTo: String(extract.request?.id),
        attrMail: mail,
      };
      return { id, context: samlify.SamlLib.replaceTagsByValue(context, tags) };
    };
    const made = await this.#idp.createLoginResponse(service, { extract }, 'post', { email: nameId }, fill, true);
    return made.context;
  }
}
