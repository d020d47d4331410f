// The cost of a hash of a password in the servers that tests start. The default takes tens of
// milliseconds for each account and each login.
import { defaultPasswordCost } from '../../server/src/identity/passwords/password-cost.ts';

const cheapest = { PASSWORD_HASH_KIB: '8', PASSWORD_HASH_PASSES: '1' };

/** The settings of a server whose hashes take as long as in production, for tests of floods. */
export const realPasswordCost = {
  PASSWORD_HASH_KIB: String(defaultPasswordCost.memoryKib),
  PASSWORD_HASH_PASSES: String(defaultPasswordCost.passes),
};

/** For tests that mocha runs. Attacks and loads measure servers with the default cost. */
export function makePasswordsCheap(): void {
  for (const [name, value] of Object.entries(cheapest)) process.env[name] ??= value;
}

/** The settings of this run. */
export function passwordCostOfRun(): Record<string, string> {
  return Object.fromEntries(Object.keys(cheapest).flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}
