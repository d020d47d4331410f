import { loadavg } from 'node:os';
import { readOptions } from '../../../test/support/read-options.ts';
import { parseWholeNumbers } from '../command-line.ts';
import { forkProgram } from '../contestants/process.ts';
import { Cluster } from '../load/cluster.ts';
import { CommitLog } from '../load/commit-log.ts';
import { describeMachine } from '../report/machine.ts';
import { median } from '../results.ts';
import { Calls } from '../subscribers/calls.ts';
import type { GroupMethods } from './group-process.ts';
import { makeOrganization } from './make-organization.ts';
import { MarkedWrites } from './marked-writes.ts';
import { measureWindow } from './measure-window.ts';
import { type Round, type Run, runRound, windowMs } from './run-round.ts';

const usage = `Usage: npm run bench:enforcement -- [options]

Requires single sign-on while half of the subscribed members have no linked identity, on two
instances with a list of 200 addresses. Prints when their connections are closed, and the delivery
latency of the other members. The exit code is 1 unless all verdicts are met. On a machine that does
other work, the verdicts about time are unclear.

  --members N  subscribed members (default 1000)
  --rounds N   how often single sign-on becomes required (default 5)
  --help       print this text

Starts a PostgreSQL, a Redis and servers of its own on loopback. Run it on a machine that does
nothing else.`;

const instances = 2;
const closeMsMax = 400;
const latencyRatioMax = 2;
/**
 * The limit of the calm latency, which is some 20 ms on an idle machine. Above it, other programs
 * use the processors.
 */
const calmP99MsMax = 60;

/** @throws Error that names the invalid option */
function parseEnforcementOptions(args: readonly string[]) {
  const options = parseWholeNumbers(args, {
    members: { byDefault: 1_000, min: 2, max: 4_000 },
    rounds: { byDefault: 5, min: 1, max: 20 },
  });
  if (options !== 'help' && options.members % 2 !== 0) throw new Error('--members must be even');
  return options;
}

interface Verdict {
  readonly claim: string;
  readonly measured: string;
  readonly outcome: 'met' | 'MISSED' | 'unclear';
}

const outcomeOf = (isMet: boolean): Verdict['outcome'] => (isMet ? 'met' : 'MISSED');

function evaluate(rounds: readonly Round[], ending: number): Verdict[] {
  const closed = rounds.map(({ closedMs }) => closedMs ?? Number.POSITIVE_INFINITY);
  const wronglyEnded = rounds.reduce((sum, round) => sum + round.wronglyEnded, 0);
  const disturbed = rounds.reduce((sum, round) => sum + round.othersDisturbed, 0);
  const incomplete = rounds.filter(({ receipt }) => receipt?.outcome !== 'complete' || receipt.ended !== ending);
  const calmP99Ms = median(rounds.map((round) => round.calmP99Ms));
  const ratio = median(rounds.map(({ p99Ms }) => p99Ms)) / calmP99Ms;
  const isQuiet = calmP99Ms <= calmP99MsMax;
  const areClosed = closed.every((ms) => ms <= closeMsMax);
  return [
    {
      claim: `All ${ending} connections of unlinked members are closed within ${closeMsMax} ms of the commit`,
      measured: `the last after ${closed.map((ms) => ms.toFixed(0)).join(', ')} ms`,
      outcome: areClosed || isQuiet ? outcomeOf(areClosed) : 'unclear',
    },
    {
      claim: 'They receive the end of access, and nothing of that revision or a later one',
      measured: `${wronglyEnded} exceptions`,
      outcome: outcomeOf(wronglyEnded === 0),
    },
    { claim: 'No other subscription ends or loses a change', measured: `${disturbed} did`, outcome: outcomeOf(disturbed === 0) },
    {
      claim: `Each receipt is complete, with ${ending} ends`,
      measured: `after ${rounds.map(({ receipt }) => receipt?.ms ?? 'no receipt').join(', ')} ms`,
      outcome: outcomeOf(incomplete.length === 0),
    },
    {
      claim: `The p99 latency of the others is at most ${latencyRatioMax} times that before (medians)`,
      measured: `${ratio.toFixed(2)} times`,
      outcome: isQuiet ? outcomeOf(ratio <= latencyRatioMax) : 'unclear',
    },
  ];
}

const { members, rounds: roundCount } = readOptions(parseEnforcementOptions, usage);
const loadBefore = loadavg()[0]!;
await using cluster = await Cluster.start(instances);
console.error(`adding ${members} members`);
const made = await makeOrganization(cluster, members);
const groups = [0, 1].map(() => forkProgram('enforcement/group-process.ts'));
const [linked, unlinked] = groups.map(({ child }) => new Calls<GroupMethods>(child)) as [Calls<GroupMethods>, Calls<GroupMethods>];
await using commits = await CommitLog.open(cluster.databaseUrl, made.org.id);
const writes = new MarkedWrites(cluster, made.org.slug, made.linked[0]!.token);
const run: Run = { cluster, made, linked: { group: linked, subscribers: made.linked.length, commits, writes }, unlinked };
await linked.call('connect', { urls: cluster.urls, org: made.org.slug, tokens: made.linked.map(({ token }) => token) });
console.error('warming up');
await measureWindow(run.linked, windowMs, async () => null);

const rounds: Round[] = [];
for (let number = 1; number <= roundCount; number++) {
  const round = await runRound(run);
  rounds.push(round);
  console.log(
    `round ${number}: closed after ${round.closedMs?.toFixed(0)} ms; p99 before ${round.calmP99Ms.toFixed(1)} ms, during ${round.p99Ms.toFixed(1)} ms`,
  );
}
await Promise.all(groups.map((group) => group.kill('SIGTERM')));

const { cpu, cores } = describeMachine();
const calm = rounds.map(({ calmP99Ms }) => calmP99Ms);
console.log(`\n${cores} × ${cpu}, load average before the run ${loadBefore.toFixed(1)}`);
console.log(`noise: the p99 before varies from ${Math.min(...calm).toFixed(1)} to ${Math.max(...calm).toFixed(1)} ms\n`);
const verdicts = evaluate(rounds, members / 2);
for (const { claim, measured, outcome } of verdicts) console.log(`${outcome.padEnd(7)} ${claim}: ${measured}`);
process.exitCode = verdicts.every(({ outcome }) => outcome === 'met') ? 0 : 1;
