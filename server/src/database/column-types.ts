import pg from 'pg';

const oid = { int8: 20, timestamptz: 1184 } as const;

const wholeTimestamp = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}\+00$/;

/** Converts PostgreSQL's text `2020-09-14 17:28:14.933511+00` to `2020-09-14T17:28:14.933511Z`. */
function isoFromTimestamptz(text: string): string {
  // Most have all digits, and the time zone of our connections.
  if (wholeTimestamp.test(text)) return `${text.slice(0, 10)}T${text.slice(11, 26)}Z`;
  const match = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?([+-]\d\d(?::?\d\d)?)$/.exec(text);
  if (!match) throw new Error(`Unknown format of a timestamptz: ${text}`);
  const [, date, time, fraction = '', offset] = match;
  const micros = fraction.padEnd(6, '0');
  if (offset === '+00') return `${date}T${time}.${micros}Z`;
  const utc = new Date(`${date}T${time}${offset!.length === 3 ? `${offset}:00` : offset}`);
  return `${utc.toISOString().slice(0, 19)}.${micros}Z`;
}

/**
 * Parsers for int8 and timestamptz, which no other code parses. Ids stay text, and dates keep their
 * microseconds.
 */
export const columnTypes: pg.CustomTypesConfig = {
  getTypeParser(typeOid: number, format?: 'text' | 'binary') {
    if (typeOid === oid.int8) return (text: string) => text;
    if (typeOid === oid.timestamptz) return isoFromTimestamptz;
    return pg.types.getTypeParser(typeOid, format as 'text');
  },
} as pg.CustomTypesConfig;
