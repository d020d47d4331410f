import { loadavg } from 'node:os';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { TestRollcall } from '@rollcall/client/testing';
import { scopesOfOrgRole } from '@rollcall/protocol';
import { median } from '../results.ts';
import { saveCanResults } from './can-results.ts';

/**
 * Measures decisions of `can()` per second on a live replica of 1,000 members, beside the smallest
 * check that a program could make itself: the role of a user from a Map, and a scope from the Set
 * of that role. All of them are measured alternately in one process. CPU time is measured, so that
 * other work on the machine doesn't count.
 */

const usage = `npm run bench:can -- [--rounds 5] [--ms 500]
  --rounds N  measurements of each kind of decision; the median is printed
  --ms N      milliseconds of each`;

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, ms: { type: 'string', default: '500' }, help: { type: 'boolean' } },
});
if (values.help) {
  console.log(usage);
  process.exit();
}

const measuredAt = new Date().toISOString();
const loadBefore = Math.round(loadavg()[0]! * 100) / 100;
const members = 1_000;
const goalPerSecond = 5_000_000;

const rollcall = new TestRollcall({ whenStale: 'fail-closed' });
const organization = rollcall.addOrganization({ slug: 'acme' });
const team = organization.addTeam();
const roles = ['member', 'admin', 'manager', 'owner'] as const;
const users = Array.from({ length: members }, (_, index) => {
  const orgRole = roles[index % roles.length]!;
  const { id, user, email } = organization.addMember({ orgRole });
  organization.addTeamMember(team.id, id);
  return { userId: user!.id, email: email!, orgRole };
});
const handle = rollcall.client.organization('acme');
await handle.ready();

const roleOfUser = new Map(users.map(({ userId, orgRole }) => [userId, orgRole]));
const scopesOfRole = new Map(
  roles.map((role) => [role, new Set<string>(scopesOfOrgRole(role, { eventsMemberAdmin: true, alertsMemberWrite: true }))]),
);

type User = (typeof users)[number];
const decisions: Readonly<Record<string, (user: User) => boolean>> = {
  'a Map and a Set': ({ userId }) => scopesOfRole.get(roleOfUser.get(userId)!)!.has('project:write'),
  'can({ userId }, scope)': ({ userId }) => handle.can({ userId }, 'project:write').allowed,
  'can({ email }, scope)': ({ email }) => handle.can({ email }, 'project:write').allowed,
  'can({ userId }, scope, { teamId })': ({ userId }) => handle.can({ userId }, 'team:write', { teamId: team.id }).allowed,
};

/**
 * Decides for each user in turn. Counting the results keeps the optimizer from removing the calls.
 */
function measure(decide: (user: User) => boolean, ms: number): number {
  let calls = 0;
  let allowed = 0;
  const begun = performance.now();
  const cpuBegun = process.cpuUsage();
  while (performance.now() - begun < ms) {
    for (const one of users) if (decide(one)) allowed++;
    calls += users.length;
  }
  const { user, system } = process.cpuUsage(cpuBegun);
  if (allowed === 0 || allowed === calls) throw new Error(`${allowed} of ${calls} decisions were allowed`);
  return calls / ((user + system) / 1e6);
}

const perSecond = new Map<string, number[]>(Object.keys(decisions).map((name) => [name, []]));
for (const decide of Object.values(decisions)) measure(decide, Number(values.ms));
for (let round = 0; round < Number(values.rounds); round++) {
  for (const [name, decide] of Object.entries(decisions)) perSecond.get(name)!.push(measure(decide, Number(values.ms)));
}
const results = [...perSecond].map(([title, measured]) => ({ title, perSecond: Math.round(median(measured)) }));
for (const { title, perSecond } of results)
  console.log(`${title.padEnd(36)} ${(perSecond / 1e6).toFixed(1).padStart(6)} million per second`);
const { perSecond: measured } = results.find(({ title }) => title === 'can({ userId }, scope)')!;
console.log(`${measured > goalPerSecond ? 'met   ' : 'missed'}  can() decides more than ${goalPerSecond / 1e6} million times a second`);
await saveCanResults({ measuredAt, loadBefore, rounds: Number(values.rounds), members, results });
process.exit();
