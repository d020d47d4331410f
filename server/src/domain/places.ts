import { type OrgRecord, type OrgState, type ProjectSettingsRecord, type Unit, unitOf, units } from '@rollcall/protocol';
import type { Audience } from './audience.ts';

/**
 * The number of slots that the records of each unit take in the parts of a snapshot. Each record
 * takes one slot, except project settings, which may have rules of up to 64 KB each.
 */
export type Places = Readonly<Record<Unit, number>>;

/** The size of a slot, in characters of JSON. Few records are larger. */
const charactersPerPlace = 1024;
/** Slots for project settings without any long text. */
const placesOfSettings = 2;

/** Sums the slots of all units that an audience sees. */
export function countVisible(audience: Audience, places: Places): number {
  return [...audience.sees].reduce((sum, unit) => sum + places[unit], 0);
}

/** @see Places */
export function placesOf(kind: string, record: OrgRecord): number {
  if (kind !== 'project-settings') return 1;
  const { groupingEnhancements, fingerprintingRules, relayPiiConfig, options } = record as unknown as ProjectSettingsRecord;
  const texts = [groupingEnhancements, fingerprintingRules, relayPiiConfig, ...Object.values(options)];
  const characters = texts.reduce((sum: number, text) => sum + (typeof text === 'string' ? text.length : 0), 0);
  return placesOfSettings + Math.floor(characters / charactersPerPlace);
}

/**
 * Slots of records that were only counted. It uses the total size of all settings, so that the
 * result is never lower than the sum of `placesOf` over the records.
 */
export function placesOfCounts(counts: Readonly<Record<Unit, number>>, settingsBytes: number): Places {
  const settings = placesOfSettings * counts['project-settings'] + Math.ceil(settingsBytes / charactersPerPlace);
  return { ...counts, 'project-settings': settings };
}

export function countPlaces(state: OrgState): Places {
  const places = Object.fromEntries(units.map((unit) => [unit, state.recordsOf(unit).size])) as Record<Unit, number>;
  places.member = 0;
  for (const record of state.recordsOf('member').values()) places[unitOf('member', record)]++;
  const settings = [...state.recordsOf('project-settings').values()];
  places['project-settings'] = settings.reduce((sum, record) => sum + placesOf('project-settings', record), 0);
  return places;
}
