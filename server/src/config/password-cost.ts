import { isBelowFloors, type PasswordCost } from '../identity/passwords/password-cost.ts';
import { ConfigError } from './config-error.ts';

/** The cost of new hashes of passwords. */
export function readPasswordCost(cost: PasswordCost, isProduction: boolean): PasswordCost {
  if (!isProduction || !isBelowFloors(cost)) return cost;
  throw new ConfigError(
    'PASSWORD_HASH_KIB and PASSWORD_HASH_PASSES must not be below what OWASP recommends in production. Set 19456 and 2, or more',
  );
}
