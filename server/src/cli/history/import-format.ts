import { CliError } from '../cli-error.ts';
import type { SkippedLine } from './send-batch.ts';

/** The part of the help that `import` and `replay` share. */
export const importFormat = `
Each line of the file is a JSON object, whose op and further fields are:
  member.add, member.role            login, role (owner or member)
  member.remove                      login
  team.create, team.remove           team
  team.join, team.role               team, login, role (contributor or admin)
  team.leave                         team, login
  project.assign, project.unassign   team, project
Example: {"op":"team.join","team":"web","login":"ada","role":"contributor"}
Consecutive lines with the same commit belong to one change, which becomes one revision if it fits.
Users are created as <login>@users.invalid.`;

const operations = [...importFormat.matchAll(/^ {2}(\w+\.\w+(?:, \w+\.\w+)*) /gm)].flatMap(([, names]) => names!.split(', '));

const explanations: Readonly<Record<string, string>> = {
  'bad-json': 'the line is not JSON',
  'bad-operation': `the operation is unknown, or a field is missing or invalid. The operations are ${operations.join(', ')}`,
  'bad-slug': 'the name makes an empty slug, or one of digits only',
  'slug-taken': 'another team or project has the slug that this name makes',
  'unknown-team': 'the team does not exist',
  'not-a-member': 'the user is not a member at this line',
  'not-on-team': 'the member is not on the team at this line',
  'no-organization': 'the line has no org',
};

/** One line for each skipped line, then what each reason means. */
export function describeSkipped(skipped: readonly SkippedLine[]): string {
  const reasons = [...new Set(skipped.map(({ reason }) => reason))];
  return [
    ...skipped.map(({ number, reason }) => `line ${number}: ${reason}`),
    ...reasons.map((reason) => `${reason}: ${explanations[reason] ?? 'unknown to this version'}.`),
  ].join('\n');
}

/**
 * Prints the skipped lines.
 * @throws CliError if there are any, and they are not allowed
 */
export function reportSkipped(skipped: readonly SkippedLine[], isAllowed: boolean): void {
  if (skipped.length === 0) return;
  console.log(describeSkipped(skipped));
  const lines = skipped.length === 1 ? '1 line was' : `${skipped.length} lines were`;
  if (!isAllowed) throw new CliError(`${lines} skipped. With --allow-skipped, the exit code is 0`);
}
