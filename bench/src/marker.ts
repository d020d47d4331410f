/**
 * Written into the changing field of a record, so that any receiver can identify the write and its
 * time.
 */
export interface Marker {
  readonly team: number;
  /** The number of the write, over all records of one contestant. 0 is the initial value. */
  readonly version: number;
  /** The time of the write in microseconds, by the clock that all processes of a machine share. */
  readonly sentUs: number;
}

/**
 * The length of a name, within every contestant's limit. The record then has some 200 bytes of
 * JSON.
 */
const nameLength = 60;
const markerPattern = /@(\d+):(\d+):(\d+)@/g;

/**
 * CLOCK_MONOTONIC: comparable between processes, and exact as a number of microseconds since the
 * machine's start.
 */
export function nowUs(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}

export function nameWith({ team, version, sentUs }: Marker): string {
  return `@${team}:${version}:${sentUs}@`.padEnd(nameLength, '.');
}

export function markersIn(text: string): Marker[] {
  return Array.from(text.matchAll(markerPattern), ([, team, version, sentUs]) => ({
    team: Number(team),
    version: Number(version),
    sentUs: Number(sentUs),
  }));
}
