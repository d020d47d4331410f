import type { Attack } from '../attack.ts';
import { connections } from './connections.ts';
import { logins } from './logins.ts';
import { requests } from './requests.ts';
import { sockets } from './sockets.ts';

export const attacks: readonly Attack[] = [...requests, ...logins, ...connections, ...sockets];
