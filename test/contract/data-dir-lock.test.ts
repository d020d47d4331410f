import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DataDirInUseError, lockDataDir } from '../../server/src/database/connections/data-dir-lock.ts';
import { makeTemporaryDirectory } from '../support/run-directory.ts';
import { sourceOptions } from '../support/source-options.ts';

/** The id of a process that has exited. */
function aDeadPid(): number {
  return spawnSync(process.execPath, ['--version']).pid;
}

describe('the lock of a data directory', () => {
  it('the lock contains the id of its process, and is deleted by its release', () => {
    const dataDir = makeTemporaryDirectory('lock');
    const unlock = lockDataDir(dataDir);
    assert.equal(readFileSync(path.join(dataDir, 'lock'), 'utf8'), String(process.pid));
    unlock();
    assert.deepEqual(readdirSync(dataDir), []);
  });

  it('the lock is refused while its process runs, and the attempt leaves nothing behind', () => {
    const dataDir = makeTemporaryDirectory('lock');
    writeFileSync(path.join(dataDir, 'lock'), String(process.ppid));
    assert.throws(() => lockDataDir(dataDir), DataDirInUseError);
    assert.deepEqual(readdirSync(dataDir), ['lock']);
  });

  it('the lock of a dead process is taken over, also if that process died while it took over the lock', () => {
    const dataDir = makeTemporaryDirectory('lock');
    const dead = String(aDeadPid());
    writeFileSync(path.join(dataDir, 'lock'), dead);
    writeFileSync(path.join(dataDir, 'lock.takeover'), dead);
    lockDataDir(dataDir)();
    assert.equal(existsSync(path.join(dataDir, 'lock')), false);
  });

  it('one of several competing processes gets the lock', async () => {
    const parent = makeTemporaryDirectory('locks');
    const rounds = 200;
    const dead = String(aDeadPid());
    for (let round = 0; round < rounds; round++) {
      mkdirSync(path.join(parent, String(round)));
      // Half of the directories had a holder, half are new.
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

/**
 * Starts a process that tries to lock every directory, 3 ms after the previous one, at the same
 * time as other racers. It keeps its locks until it leaves.
 */
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
  const options = [...sourceOptions, '--input-type=module', '--eval', trying];
  const racer = spawn(process.execPath, options, { stdio: ['pipe', 'pipe', 'inherit'] });
  return {
    won: once(racer.stdout.setEncoding('utf8'), 'data').then(([line]) => JSON.parse(line)),
    leave: () => void racer.stdin.end(),
  };
}
