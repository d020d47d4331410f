import type { Attack } from '../attack.ts';
import { connections } from './connections.ts';
import { requests } from './requests.ts';
import { sockets } from './sockets.ts';

export const attacks: readonly Attack[] = [...requests, ...connections, ...sockets];
