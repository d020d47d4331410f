import type { LimitGroup } from './limit.ts';
import { attemptLimits, inviteLimits } from './rows/attempts.ts';
import { eventLimits, eventSettings } from './rows/events.ts';
import { fieldLimits } from './rows/fields.ts';
import { outboundLimits } from './rows/outbound.ts';
import { costLimits, costs, rateSettings } from './rows/rates.ts';
import { readerLimits } from './rows/readers.ts';
import { socketLimits, socketSettings } from './rows/sockets.ts';
import { storedLimits, storedSettings } from './rows/stored.ts';
import { transferLimits, transferSettings } from './rows/transfers.ts';
import { waitingLimits, waitingSettings } from './rows/waiting.ts';

/**
 * The limits of the core, by subject. Those of features are in `features/limits.ts`. Each limit is
 * a row with its unit, its scope and its reason. The code that enforces it reads the value here,
 * and `npm run limits` writes docs/operating/limits.md from the rows.
 */
export const coreLimits: readonly LimitGroup[] = [
  { title: 'Rates of requests', settable: rateSettings, fixed: { ...costs, ...costLimits } },
  { title: 'Requests at a time', settable: waitingSettings, fixed: waitingLimits },
  { title: 'Requests and responses', settable: transferSettings, fixed: transferLimits },
  { title: 'Sockets', settable: socketSettings, fixed: socketLimits },
  { title: 'The changes API', fixed: readerLimits },
  { title: 'Fields and lists', fixed: fieldLimits },
  { title: 'Stored data', settable: storedSettings, fixed: storedLimits },
  { title: 'Attempts and mails', fixed: { ...attemptLimits, ...inviteLimits } },
  { title: 'Security events', settable: eventSettings, fixed: eventLimits },
  { title: 'Calls to other servers', fixed: outboundLimits },
];

/**
 * The limits that an operator can change. `config.ts` reads their settings from the environment. A
 * test compares the table with .env.example.
 */
export const limitTable = {
  ...rateSettings,
  ...waitingSettings,
  ...transferSettings,
  ...socketSettings,
  ...storedSettings,
  ...eventSettings,
};

export type LimitName = keyof typeof limitTable;

/** The limits in force, by name. */
export type Limits = Readonly<Record<LimitName, number>>;
