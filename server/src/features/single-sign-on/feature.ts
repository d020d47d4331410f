import { feature } from '../feature.ts';
import { domainSweep } from './commands/domains/domain-sweep.ts';
import { flowsSweep } from './commands/login/flows-sweep.ts';
import { certificatesSweep } from './commands/provider/certificates-sweep.ts';
import { loginOriginOf, openStarts, type SingleSignOn } from './flows/flows.ts';
import { authProviderRoutes } from './http/auth-provider.ts';
import { domainRoutes } from './http/domains.ts';
import { openKeyMaking } from './http/make-sp-key.ts';
import { requireLinkRoutes } from './http/operator-require-link.ts';
import { signOnTestRoutes } from './http/sign-on-test.ts';
import { spCertificateRoutes } from './http/sp-certificate.ts';
import { ssoIdentityRoutes } from './http/sso-identity.ts';
import { ssoImpactRoutes } from './http/sso-impact.ts';
import { Oidc } from './oidc/oidc.ts';
import { singleSignOnRouter } from './pages/router.ts';
import { SsoCookie } from './pages/sso-cookie.ts';
import { Saml } from './saml/saml.ts';
import { VerificationPool } from './saml/verification/verification-pool.ts';
import type { SingleSignOnServices } from './services.ts';

/** Logins at the identity providers of organizations, and their verified domains. */
export const singleSignOn = feature<SingleSignOnServices>({
  name: 'single-sign-on',
  routes: {
    access: [...signOnTestRoutes, ...authProviderRoutes, ...spCertificateRoutes, ...domainRoutes, ...ssoImpactRoutes],
    members: ssoIdentityRoutes,
  },
  operatorRoutes: { security: requireLinkRoutes },
  pages: singleSignOnRouter,

  async open({ config, publicUrl, writePath, outbound, readTxtRecords, parts }) {
    const verifications = await parts.start('SAML verifications', () => new VerificationPool(), { stop: (pool) => pool.close() });
    const logins: SingleSignOn = {
      db: writePath.database.db,
      key: writePath.keys,
      protocols: {
        oidc: new Oidc({ outbound, publicUrl, googleIssuer: config.googleIssuer }),
        saml: new Saml({ publicUrl, verifications }),
      },
      starts: openStarts(),
    };
    return {
      services: { ssoCookie: new SsoCookie(publicUrl), singleSignOn: logins, keyMaking: openKeyMaking(), readTxtRecords },
      sweeps: [domainSweep(writePath, readTxtRecords), certificatesSweep(writePath), flowsSweep(writePath)],
      loginOriginOf: (orgId) => loginOriginOf(logins, orgId),
    };
  },
});
