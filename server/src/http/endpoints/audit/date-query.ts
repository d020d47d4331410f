import { OrgError } from '@rollcall/protocol';
import { isStorableTime } from '../../../runtime/text/storable-time.ts';

/** ISO 8601; without an offset it is UTC. @throws OrgError `invalid` */
export function parseDate(query: URLSearchParams, key: 'start' | 'end'): string | null {
  const text = query.get(key) || null;
  if (text === null) return null;
  const isIso = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?$/.test(text);
  const milliseconds = Date.parse(/T.*(Z|[+-]\d\d:?\d\d)$/.test(text) || !text.includes('T') ? text : `${text}Z`);
  if (!isIso || !isStorableTime(milliseconds)) throw new OrgError('invalid', `${text} is not a valid ISO8601 date query`);
  return new Date(milliseconds).toISOString();
}
