import { once } from 'node:events';
import { forkProgram } from '../contestants/process.ts';
import type { CommitsMeasured, CommitsRequest } from './commits-process.ts';

/** Runs in a separate process, so that the run's other work doesn't share its event loop. */
export async function measureCommits(request: CommitsRequest): Promise<CommitsMeasured> {
  const { child, kill } = forkProgram('commits/commits-process.ts');
  child.send(request);
  const failed = once(child, 'exit').then(() => {
    throw new Error('the comparison of commits exited before it returned a result');
  });
  failed.catch(() => {});
  const [measured] = (await Promise.race([once(child, 'message'), failed])) as [CommitsMeasured];
  await kill('SIGTERM');
  return measured;
}
