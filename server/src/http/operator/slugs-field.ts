import type * as z from 'zod';
import { isStorable } from '../../runtime/text/storable-text.ts';
import { listField, messages } from '../requests/fields.ts';

/** No member is on that many teams. */
const slugsMax = 1_000;

/** The slugs of teams. */
export function slugsField(): z.ZodType<string[]> {
  return listField(slugsMax, { type: 'string', description: 'Slug of a team.' }, (item, refuse) =>
    typeof item === 'string' && isStorable(item) ? item : refuse(messages.notString),
  );
}
