import {
  type Audience,
  kindsInLoadOrder,
  type OrgRecord,
  type OrgState,
  type PagedKind,
  type ProjectSettingsRecord,
  type Unit,
  unitFacts,
  unitOf,
  units,
} from '@rollcall/protocol';

/**
 * The number of slots that the records of each unit take in the parts of a snapshot. Each record
 * takes one slot, except project settings, which may have rules of up to 64 KB each.
 */
export type SlotCounts = Readonly<Record<Unit, number>>;

/** The size of a slot, in characters of JSON. Few records are larger. */
const charactersPerSlot = 1024;
/** Slots for project settings without any long text. */
const slotsOfSettings = 2;

/** Sums the slots of all units that an audience sees. */
export function countVisibleSlots(audience: Audience, slots: SlotCounts): number {
  return [...audience.sees].reduce((sum, unit) => sum + slots[unit], 0);
}

export function sumSlots(slots: SlotCounts): number {
  return units.reduce((sum, unit) => sum + slots[unit], 0);
}

/** The kinds of which there are any records, in the order in which they are loaded. */
export function recordKindsOf(slots: SlotCounts): readonly PagedKind[] {
  return kindsInLoadOrder.filter((kind) => unitsOfKind.get(kind)!.some((unit) => slots[unit] > 0));
}

const unitsOfKind: ReadonlyMap<PagedKind, readonly Unit[]> = new Map(
  kindsInLoadOrder.map((kind) => [kind, units.filter((unit) => unitFacts[unit].kind === kind)]),
);

/** The number of slots that a record takes, see `SlotCounts`. */
export function slotsOf(kind: string, record: OrgRecord): number {
  if (kind !== 'project-settings') return 1;
  const { groupingEnhancements, fingerprintingRules, relayPiiConfig, options } = record as unknown as ProjectSettingsRecord;
  const texts = [groupingEnhancements, fingerprintingRules, relayPiiConfig, ...Object.values(options)];
  const characters = texts.reduce((sum: number, text) => sum + (typeof text === 'string' ? text.length : 0), 0);
  return slotsOfSettings + Math.floor(characters / charactersPerSlot);
}

/**
 * Slots of records that were only counted. It uses the total size of all settings, so that the
 * result is never lower than the sum of `slotsOf` over the records.
 */
export function slotsOfCounts(counts: Readonly<Record<Unit, number>>, settingsBytes: number): SlotCounts {
  const settings = slotsOfSettings * counts['project-settings'] + Math.ceil(settingsBytes / charactersPerSlot);
  return { ...counts, 'project-settings': settings };
}

export function countSlots(state: OrgState): SlotCounts {
  const slots = Object.fromEntries(units.map((unit) => [unit, state.recordsOf(unit).size])) as Record<Unit, number>;
  slots.member = 0;
  for (const record of state.recordsOf('member').values()) slots[unitOf('member', record)]++;
  const settings = [...state.recordsOf('project-settings').values()];
  slots['project-settings'] = settings.reduce((sum, record) => sum + slotsOf('project-settings', record), 0);
  return slots;
}

/** The sum of `countSlots`, without a visit to each record, so that it may run at each change. */
export function countAllSlots(state: OrgState): number {
  let slots = state.size;
  for (const record of state.recordsOf('project-settings').values()) slots += slotsOf('project-settings', record) - 1;
  return slots;
}
