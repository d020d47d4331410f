import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DataDirInUseError, lockDataDir } from '../../server/src/database/connections/data-dir-lock.ts';
import { makeTemporaryDirectory } from '../support/run-directory.ts';

/** A number that no process has any more. */
function aDeadPid(): number {
  return spawnSync(process.execPath, ['--version']).pid;
}

describe('the lock of a data directory', () => {
  it('holds the number of its process, and goes with its release', () => {
    const dataDir = makeTemporaryDirectory('lock');
    const unlock = lockDataDir(dataDir);
    assert.equal(readFileSync(path.join(dataDir, 'lock'), 'utf8'), String(process.pid));
    unlock();
    assert.deepEqual(readdirSync(dataDir), []);
  });

  it('is refused while its process is there, and nothing of the attempt stays', () => {
    const dataDir = makeTemporaryDirectory('lock');
    writeFileSync(path.join(dataDir, 'lock'), String(process.ppid));
    assert.throws(() => lockDataDir(dataDir), DataDirInUseError);
    assert.deepEqual(readdirSync(dataDir), ['lock']);
  });

  it('is taken over from a process that is gone, even from one that was taking it over itself', () => {
    const dataDir = makeTemporaryDirectory('lock');
    const dead = String(aDeadPid());
    writeFileSync(path.join(dataDir, 'lock'), dead);
    writeFileSync(path.join(dataDir, 'lock.takeover'), dead);
    lockDataDir(dataDir)();
    assert.equal(existsSync(path.join(dataDir, 'lock')), false);
  });

  it('goes to one of the processes that want it at once', async () => {
    const parent = makeTemporaryDirectory('locks');
    const rounds = 200;
    const dead = String(aDeadPid());
    for (let round = 0; round < rounds; round++) {
      mkdirSync(path.join(parent, String(round)));
      // Half of them had a holder, half are new.
      if (round % 2 === 0) writeFileSync(path.join(parent, String(round), 'lock'), dead);
    }
    const startAt = Date.now() + 1_500;
    const racers = [1, 2, 3, 4].map(() => startRacer(parent, rounds, startAt));
    const won = await Promise.all(racers.map(({ won }) => won));
    for (const { leave } of racers) leave();
    assert.deepEqual(
      won.flat().sort((a, b) => a - b),
      Array.from({ length: rounds }, (_, round) => round),
    );
  });
});

/** Has a process try for every directory, 3 ms from one to the next, as others do in that same moment. It keeps those it won until it leaves. */
function startRacer(parent: string, rounds: number, startAt: number): { won: Promise<number[]>; leave(): void } {
  const trying = `
    import { lockDataDir } from './server/src/database/connections/data-dir-lock.ts';
    const still = new Int32Array(new SharedArrayBuffer(4));
    const won = [];
    for (let round = 0; round < ${rounds}; round++) {
      Atomics.wait(still, 0, 0, Math.max(0, ${startAt} + 3 * round - Date.now()));
      try {
        lockDataDir('${parent}/' + round);
        won.push(round);
      } catch (error) {
        if (error.name !== 'DataDirInUseError') throw error;
      }
    }
    console.log(JSON.stringify(won));
    process.stdin.resume();
  `;
  const options = ['--conditions=@rollcall/source', '--import', 'tsx', '--input-type=module', '--eval', trying];
  const racer = spawn(process.execPath, options, { stdio: ['pipe', 'pipe', 'inherit'] });
  return {
    won: once(racer.stdout.setEncoding('utf8'), 'data').then(([line]) => JSON.parse(line)),
    leave: () => void racer.stdin.end(),
  };
}
