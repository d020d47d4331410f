import type { LimitGroup } from './limit.ts';
import { attemptLimits, inviteLimits } from './rows/attempts.ts';
import { rateSettings } from './rows/rates.ts';
import { socketSettings } from './rows/sockets.ts';
import { storedSettings } from './rows/stored.ts';
import { transferSettings } from './rows/transfers.ts';
import { waitingSettings } from './rows/waiting.ts';

/**
 * The limits of the core, by subject. Those of features are in `features/limits.ts`. The code that
 * enforces a limit reads it here, and `npm run limits` writes docs/operating/limits.md.
 */
export const coreLimits: readonly LimitGroup[] = [
  { title: 'Rates of requests', settable: rateSettings },
  { title: 'Requests at a time', settable: waitingSettings },
  { title: 'Requests and responses', settable: transferSettings },
  { title: 'Sockets', settable: socketSettings },
  { title: 'Stored data', settable: storedSettings },
  { title: 'Attempts and mails', fixed: { ...attemptLimits, ...inviteLimits } },
];

/**
 * The limits that an operator can change. `config.ts` reads their settings from the environment. A
 * test compares the table with .env.example.
 */
export const limitTable = { ...rateSettings, ...waitingSettings, ...transferSettings, ...socketSettings, ...storedSettings };

export type LimitName = keyof typeof limitTable;

/** The limits in force, by name. */
export type Limits = Readonly<Record<LimitName, number>>;
