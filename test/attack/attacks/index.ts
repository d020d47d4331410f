import type { Attack } from '../attack.ts';
import { connections } from './connections.ts';
import { customers } from './customers.ts';
import { logins } from './logins.ts';
import { requests } from './requests.ts';
import { samlResponses } from './saml-responses.ts';
import { sockets } from './sockets.ts';

export const attacks: readonly Attack[] = [...requests, ...samlResponses, ...logins, ...customers, ...connections, ...sockets];
