import { OrgError } from '@rollcall/protocol';
import type { AttemptLimit } from '../../runtime/limits/attempt-limit.ts';
import { attemptLimits } from '../../runtime/limits/rows/attempts.ts';
import type { AttemptLimits } from './attempt-limits.ts';

/**
 * Limits on guesses at a secret of an account. Guesses are counted by account and network, so that
 * a stranger who knows the account's name cannot lock out its owner. A browser that the account
 * knows has its own count.
 */
export interface GuessLimits {
  readonly perDevice: AttemptLimit;
  /**
   * A known browser with this many failures is treated as unknown, because its cookie may be
   * stolen.
   */
  readonly perDeviceInAll: AttemptLimit;
  readonly perNetwork: AttemptLimit | null;
  readonly perAccountAndNetwork: AttemptLimit;
  /** All unknown browsers, from all networks. */
  readonly perAccount: AttemptLimit;
}

export const passwordGuesses: GuessLimits = {
  perDevice: attemptLimits.passwordsPerDevice,
  perDeviceInAll: attemptLimits.passwordsPerDeviceInAll,
  perNetwork: attemptLimits.passwordsPerNetwork,
  perAccountAndNetwork: attemptLimits.passwordsPerAccountAndNetwork,
  perAccount: attemptLimits.passwordsPerAccount,
};

export const codeGuesses: GuessLimits = {
  perDevice: attemptLimits.codesPerDevice,
  perDeviceInAll: attemptLimits.codesPerDeviceInAll,
  perNetwork: null,
  perAccountAndNetwork: attemptLimits.codesPerAccountAndNetwork,
  perAccount: attemptLimits.codesPerAccount,
};

export interface Guesser {
  /** The owner of the secret. */
  readonly account: string;
  readonly network: string;
  /** The id of the known browser. Null for an unknown one. */
  readonly device: string | null;
}

/** A guess that is counted before the secret is compared, so that concurrent guesses count too. */
export interface Guess {
  /** Removes the counted failures. */
  wasRight(): Promise<void>;
  /** Takes the guess back, because it was never compared, or was only the first of two steps. */
  withdraw(): Promise<void>;
}

/** @throws OrgError `rate-limited` */
export async function countGuess(attempts: AttemptLimits, limits: GuessLimits, { account, network, device }: Guesser): Promise<Guess> {
  if (device !== null && (await isTrusted(attempts, limits, device))) {
    await countAll(attempts, [[limits.perDevice, device]], [[limits.perDeviceInAll, device]]);
    return guessOf(attempts, [limits.perDevice, limits.perDeviceInAll], [], device);
  }
  const pair = JSON.stringify([account, network]);
  const ofNetwork: readonly Counted[] = limits.perNetwork ? [[limits.perNetwork, network]] : [];
  const ofAccount: Counted = [limits.perAccount, account];
  await countAll(attempts, [...ofNetwork, [limits.perAccountAndNetwork, pair], ofAccount]);
  const shared = [ofAccount, ...ofNetwork];
  return guessOf(attempts, [limits.perAccountAndNetwork], shared, pair);
}

/** Removes the counted failures of unknown browsers on one network, and those of all networks. */
export async function clearGuesses(
  attempts: AttemptLimits,
  { perAccountAndNetwork, perAccount }: GuessLimits,
  { account, network }: Omit<Guesser, 'device'>,
): Promise<void> {
  await attempts.forget(perAccountAndNetwork, JSON.stringify([account, network]));
  await attempts.forget(perAccount, account);
}

type Counted = readonly [AttemptLimit, string];

/**
 * Counts a guess in each limit. If one refuses it, it is not compared, so it counts in none of the
 * others. Otherwise a program that repeats a refused guess would use up the limit of its network.
 * @param before limits in which it was counted already
 */
async function countAll(attempts: AttemptLimits, limits: readonly Counted[], before: readonly Counted[] = []): Promise<void> {
  const counted = [...before];
  try {
    // Otherwise each guess of a flood would be counted in some limits, and taken back again.
    for (const [limit, key] of limits) attempts.assertNotKnownExceeded(limit, key);
    for (const one of limits) {
      await attempts.count(...one);
      counted.push(one);
    }
  } catch (error) {
    for (const one of counted) await attempts.forgive(...one);
    throw error;
  }
}

/**
 * @param own limits that count only the failures of this guesser
 * @param shared limits that also count the failures of other guessers
 */
function guessOf(attempts: AttemptLimits, own: readonly AttemptLimit[], shared: readonly Counted[], key: string): Guess {
  const forgiveShared = () => shared.map(([limit, of]) => attempts.forgive(limit, of));
  return {
    async wasRight() {
      await Promise.all([...own.map((limit) => attempts.forget(limit, key)), ...forgiveShared()]);
    },
    async withdraw() {
      await Promise.all([...own.map((limit) => attempts.forgive(limit, key)), ...forgiveShared()]);
    },
  };
}

async function isTrusted(attempts: AttemptLimits, { perDeviceInAll }: GuessLimits, device: string): Promise<boolean> {
  try {
    await attempts.count(perDeviceInAll, device);
    return true;
  } catch (error) {
    if (error instanceof OrgError && error.code === 'rate-limited') return false;
    throw error;
  }
}
