import assert from 'node:assert/strict';
import { DirectoryError, type DirectoryFailure } from '../../../server/src/features/integrations/directories/directory.ts';

/** A check for `assert.rejects`: the failure of a directory, whose message contains no token. */
export function fails(failure: DirectoryFailure, retryAfterSeconds: number | null = null): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof DirectoryError, String(error));
    assert.deepEqual({ failure: error.failure, retryAfterSeconds: error.retryAfterSeconds }, { failure, retryAfterSeconds }, error.message);
    // Each token of the stand-ins contains the word "secret".
    assert.ok(!error.message.includes('secret'), error.message);
    return true;
  };
}
