import { readCpuTimes, usedBetween } from '../measure/cpu-time.ts';
import type { RestResult, Round } from './rest-results.ts';
import { type RestServer, send } from './rest-server.ts';
import type { Statement, StatementCounter } from './rest-statements.ts';
import type { WriteName } from './rest-writes.ts';

/** Clients that await each response. */
const writers = 4;
/** V8 compiles most of the code of a write in this time. */
const warmUpMs = 5_000;
const countedMs = 1_000;

export interface MeasuredWrite {
  readonly server: RestServer;
  readonly statements: readonly Statement[];
  readonly rounds: Round[];
}

export interface WriteOptions {
  readonly rounds: number;
  readonly roundMs: number;
  /** Each write has an Idempotency-Key. */
  readonly hasKeys: boolean;
}

const turns = new Map<RestServer, number>();

/** Measures one write of the servers that have it, in interleaved rounds. */
export async function measureWrite(
  having: readonly RestServer[],
  name: WriteName,
  counter: StatementCounter,
  options: WriteOptions,
): Promise<MeasuredWrite[]> {
  const measured: MeasuredWrite[] = [];
  for (const server of having) {
    await writeFor(server, name, warmUpMs, options);
    await server.reset();
    const statements = await counter.count(server.database, () => writeFor(server, name, countedMs, options));
    measured.push({ server, statements, rounds: [] });
  }
  for (let round = 0; round < options.rounds; round++) {
    // The order alternates, so that each server is first in half of the rounds.
    for (const { server, rounds } of round % 2 === 0 ? measured : [...measured].reverse()) {
      rounds.push(await measureRound(server, name, counter, options));
    }
  }
  return measured;
}

export function resultOf(write: WriteName, { server: { title }, statements, rounds }: MeasuredWrite): RestResult {
  return {
    write,
    title,
    statements: statements.reduce((sum, { calls }) => sum + calls, 0),
    rounds,
  };
}

async function measureRound(server: RestServer, name: WriteName, counter: StatementCounter, options: WriteOptions): Promise<Round> {
  await server.reset();
  const pids = [server.instance.pid];
  const before = { server: await readCpuTimes(pids), postgres: await readCpuTimes(await counter.pidsOf(server.database)) };
  const startedAt = performance.now();
  const commits = await writeFor(server, name, options.roundMs, options);
  const seconds = (performance.now() - startedAt) / 1_000;
  const after = { server: await readCpuTimes(pids), postgres: await readCpuTimes(await counter.pidsOf(server.database)) };
  return {
    serverUs: usedBetween(before.server, after.server) / commits,
    postgresUs: usedBetween(before.postgres, after.postgres) / commits,
    perSecond: commits / seconds,
  };
}

/** Resolves to the number of commits. */
async function writeFor(server: RestServer, name: WriteName, ms: number, { hasKeys }: WriteOptions): Promise<number> {
  const deadline = performance.now() + ms;
  let count = 0;
  const write = async () => {
    for (; performance.now() < deadline; count++) {
      const turn = turns.get(server) ?? 0;
      turns.set(server, turn + 1);
      await send(server, server.write(name, turn), hasKeys);
    }
  };
  await Promise.all(Array.from({ length: writers }, write));
  return count;
}
