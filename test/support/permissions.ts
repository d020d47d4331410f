import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeTemporaryDirectory } from './run-directory.ts';

/** Writes a PERMISSIONS_FILE and returns its path. `content` is JSON, or the text itself. */
export function writePermissionsFile(
  content: unknown,
  file = path.join(makeTemporaryDirectory('permissions'), 'permissions.json'),
): string {
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}
