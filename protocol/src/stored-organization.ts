import { defaultOrgFlags } from './org-flags.ts';
import { defaultOrgSettings } from './org-settings.ts';
import { defaultOrgSso } from './security-records.ts';

const defaults: readonly (readonly [string, unknown])[] = Object.entries({ ...defaultOrgFlags, ...defaultOrgSettings, ...defaultOrgSso });

/**
 * A stored organization with the defaults of the fields that it lacks because they did not exist
 * when it was stored. Fields that this version does not know stay. The same object if it
 * lacks none.
 */
export function completeOrganization<T extends object>(stored: T): T {
  const missing = defaults.filter(([name]) => !Object.hasOwn(stored, name));
  return missing.length === 0 ? stored : { ...stored, ...Object.fromEntries(missing) };
}
