import { callProgram } from '../contestants/process.ts';
import type { CommitsMeasured, CommitsRequest } from './commits-process.ts';

/** Runs in a separate process, so that the run's other work doesn't share its event loop. */
export function measureCommits(request: CommitsRequest): Promise<CommitsMeasured> {
  return callProgram('commits/commits-process.ts', request);
}
