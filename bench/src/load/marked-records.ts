import { type Marker, markersIn, nameWith } from '../marker.ts';
import { teams } from '../options.ts';
import { smallestPayloadBytes } from './options.ts';

/**
 * The written records, by number: the teams, whose names contain the marker, followed by a setting,
 * which can be large.
 */

export const settingRecord = teams;
export const recordCount = teams + 1;

export function teamSlug(record: number): string {
  return `team-${record}`;
}

/** The value of the setting: JSON of the requested length around a marker. */
export function settingWith(marker: Marker, bytes: number): string {
  const text = nameWith(marker);
  return JSON.stringify({ vars: { marker: text, padding: 'x'.repeat(Math.max(0, bytes - smallestPayloadBytes)) } });
}

/** The version of each record in the database, 0 if it was never written. */
export function versionsIn(records: readonly { readonly kind: string; readonly record: Readonly<Record<string, unknown>> }[]): number[] {
  const versions = Array<number>(recordCount).fill(0);
  for (const { record } of records) {
    for (const { team, version } of markersIn(String(record.relayPiiConfig ?? record.name ?? ''))) versions[team] = version;
  }
  return versions;
}
