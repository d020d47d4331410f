import { isId } from '@rollcall/protocol';

/**
 * Replaces a path segment that is not an id by 0, which no record has. So callers without access
 * are still refused first.
 */
export function idOf(segment: string | undefined): string {
  return segment !== undefined && isId(segment) ? segment : '0';
}
