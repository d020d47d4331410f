import type { Attack } from '../attack.ts';
import { connections } from './connections.ts';
import { customers } from './customers.ts';
import { hostileProvidersAttack } from './hostile-providers.ts';
import { logins } from './logins.ts';
import { requests } from './requests.ts';
import { samlResponses } from './saml-responses.ts';
import { sockets } from './sockets.ts';

export const attacks: readonly Attack[] = [
  ...requests,
  ...samlResponses,
  ...logins,
  hostileProvidersAttack,
  ...customers,
  ...connections,
  ...sockets,
];
