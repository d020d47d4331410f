/**
 * The version in the `engines` of the packages. This module imports nothing, so that any Node can
 * load it.
 */
const nodeVersionMin = [22, 18] as const;

/** The reason why this Node cannot run Rollcall, or null. `version` is like `22.18.0`. */
export function nodeVersionProblem(version: string): string | null {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [majorMin, minorMin] = nodeVersionMin;
  if (major > majorMin || (major === majorMin && minor >= minorMin)) return null;
  return `Rollcall requires Node.js ${majorMin}.${minorMin} or newer, but this is ${version}.`;
}
