import type { History } from '../support/history.ts';
import { type SeededRandom, seededRandom } from '../support/seeds.ts';

/**
 * A generated history with the shape of the real one, for machines without it: a large merge at
 * first, then thousands of small ones. In most lines members join or leave teams, in some they join
 * or leave the organization.
 */
export interface GeneratedHistoryShape {
  readonly orgs: readonly string[];
  /** The merges of the largest organization. Each next organization has half. */
  readonly merges: number;
  readonly firstMembers: number;
}

export function generateHistory(seed: number, { orgs, merges, firstMembers }: GeneratedHistoryShape): History {
  const linesOf = new Map(
    orgs.map((org, index) => {
      const part = 2 ** -index;
      return [org, makeLines(seededRandom(seed + index), Math.ceil(merges * part), Math.ceil(firstMembers * part))];
    }),
  );
  return { orgs, linesOf: (org) => linesOf.get(org) ?? [] };
}

type Operation = Readonly<Record<string, string>>;

function makeLines(random: SeededRandom, merges: number, firstMembers: number): string[] {
  const members = new Map<string, Set<string>>();
  const teams: string[] = [];
  let made = 0;
  const join = (): Operation => {
    const login = `login-${++made}`;
    members.set(login, new Set());
    return { op: 'member.add', login, role: random.chance(0.02) ? 'owner' : 'member' };
  };
  const makeTeam = (): Operation => {
    const team = `history ${teams.length + 1}`;
    teams.push(team);
    return { op: 'team.create', team };
  };
  const change = (): Operation => {
    const login = random.pick([...members.keys()]);
    const team = random.pick(teams);
    const theirs = members.get(login)!;
    const kind = random.float();
    if (kind < 0.12) return join();
    if (kind < 0.15) return makeTeam();
    if (kind < 0.2 && members.size > 2) {
      members.delete(login);
      return { op: 'member.remove', login };
    }
    if (kind < 0.24) return { op: 'project.assign', team, project: `project-${random.int(20)}` };
    if (theirs.delete(team)) return { op: 'team.leave', team, login };
    theirs.add(team);
    return { op: 'team.join', team, login, role: random.chance(0.1) ? 'admin' : 'contributor' };
  };

  const lines: string[] = [];
  const merge = (commit: number, operations: readonly Operation[]) => {
    for (const operation of operations) lines.push(JSON.stringify({ commit: `merge-${commit}`, ...operation }));
  };
  merge(0, [...Array.from({ length: firstMembers }, join), ...Array.from({ length: Math.ceil(firstMembers / 10) }, makeTeam)]);
  for (let commit = 1; commit <= merges; commit++) merge(commit, Array.from({ length: 1 + random.int(6) }, change));
  return lines;
}
