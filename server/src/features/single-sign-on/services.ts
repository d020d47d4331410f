import type { Services } from '../../http/services.ts';
import type { ReadTxtRecords } from '../../outbound/txt-records.ts';
import type { Semaphore } from '../../runtime/limits/semaphore.ts';
import type { SingleSignOn } from './flows/flows.ts';
import type { SsoCookie } from './pages/sso-cookie.ts';

export interface SingleSignOnServices extends Services {
  readonly ssoCookie: SsoCookie;
  /** Logins at identity providers. */
  readonly singleSignOn: SingleSignOn;
  /** Makes the keys of organizations towards SAML providers, by user. */
  readonly keyMaking: Semaphore;
  /** Looks up the challenges of domains. */
  readonly readTxtRecords: ReadTxtRecords;
}
