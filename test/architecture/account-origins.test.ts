import assert from 'node:assert/strict';
import { accountOrigins } from '../../server/src/write-path/users/account-origins.ts';
import { listFiles, readSource } from '../support/source-files.ts';

describe('accountOrigins', () => {
  it('has all ways to create an account: a single file inserts users', () => {
    const inserting = listFiles('server/src', '.ts').filter((file) =>
      /insertInto\('users'\)|INSERT\s+INTO\s+"?users\b/i.test(readSource(file)),
    );
    assert.deepEqual(inserting, ['server/src/write-path/users/insert-user.ts'], 'add a row to account-origins.ts, and call `insertUser`');
  });

  it('has a row in docs/authentication.md for each origin', () => {
    const described = [...readSource('docs/authentication.md').matchAll(/^\| `([a-z-]+)`: /gm)].map(([, name]) => name);
    assert.deepEqual(described, Object.keys(accountOrigins));
  });
});
