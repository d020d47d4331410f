import type { LimitGroup } from './limit.ts';
import { rateSettings } from './rows/rates.ts';
import { socketSettings } from './rows/sockets.ts';
import { storedSettings } from './rows/stored.ts';
import { transferSettings } from './rows/transfers.ts';
import { waitingSettings } from './rows/waiting.ts';

/** The limits of the core, by subject. `npm run limits` writes them to docs/operating/limits.md. */
export const coreLimits: readonly LimitGroup[] = [
  { title: 'Rates of requests', settable: rateSettings },
  { title: 'Requests at a time', settable: waitingSettings },
  { title: 'Requests and responses', settable: transferSettings },
  { title: 'Sockets', settable: socketSettings },
  { title: 'Stored data', settable: storedSettings },
];

/**
 * The limits that an operator can change. `config.ts` reads their settings from the environment. A
 * test compares the table with .env.example.
 */
export const limitTable = { ...rateSettings, ...waitingSettings, ...transferSettings, ...socketSettings, ...storedSettings };

export type LimitName = keyof typeof limitTable;

/** The limits in force, by name. */
export type Limits = Readonly<Record<LimitName, number>>;
