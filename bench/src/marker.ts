/** What is written into a record's one changing field, so that any receiver knows which write it sees and when that was sent. */
export interface Marker {
  readonly team: number;
  /** Counts the writes of one contestant, whatever the record; 0 is what was there before the first. */
  readonly version: number;
  /** Of the clock that all processes of a machine share, in microseconds. */
  readonly sentUs: number;
}

/** Within every contestant's limit for a name; makes the record some 200 bytes of JSON. */
const nameLength = 60;
const markerPattern = /@(\d+):(\d+):(\d+)@/g;

/** CLOCK_MONOTONIC: comparable between processes, and microseconds since the machine's start fit a number. */
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
