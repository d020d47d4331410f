import type * as z from 'zod';
import { invalidFields } from '../../domain/field-errors.ts';
import { externalIdLengthMax, externalIdPattern, isExternalId } from '../../runtime/text/external-id.ts';
import { field, messages, nullable } from '../requests/fields.ts';

/** The beginning of a path segment that names a user or an organization by its external id. */
const prefix = 'external:';
const malformed = `Enter 1 to ${externalIdLengthMax} visible ASCII characters without spaces.`;

/** An external id, or null for none. */
export function externalIdField(): z.ZodType<string | null> {
  const id = field({ type: 'string', pattern: externalIdPattern.source }, (value, refuse) => {
    if (typeof value !== 'string') return refuse(messages.notString);
    return isExternalId(value) ? value : refuse(malformed);
  });
  return nullable(id);
}

/**
 * The external id in a path segment such as `external:00u1a2b3`. Null for a segment that is an id
 * or a slug.
 * @throws OrgError `invalid`
 */
export function externalIdIn(segment: string): string | null {
  if (!segment.startsWith(prefix)) return null;
  const externalId = segment.slice(prefix.length);
  if (!isExternalId(externalId)) throw invalidFields({ externalId: [malformed] });
  return externalId;
}

/**
 * Refuses a body that names another external id than the path of an object that does not exist yet.
 * @throws OrgError `invalid`
 */
export function assertSameExternalId(inPath: string, inBody: string | null | undefined): void {
  if (inBody !== undefined && inBody !== inPath)
    throw invalidFields({ externalId: ['Must equal the external id in the path, because nothing has that id yet.'] });
}
