import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { run } from '../../support/executables.ts';
import { makeTemporaryDirectory } from '../../support/run-directory.ts';
import { repository } from '../../support/source-files.ts';

describe('a module whose source was removed', () => {
  it('leaves the build, so that no package contains it', async () => {
    const folder = makeTemporaryDirectory('stale-modules');
    const write = (file: string) => {
      mkdirSync(path.join(folder, path.dirname(file)), { recursive: true });
      writeFileSync(path.join(folder, file), '');
    };
    const kept = [
      ...['protocol/src/rest/kept.ts', 'protocol/dist/rest/kept.js', 'protocol/dist/rest/kept.d.ts', 'protocol/dist/rest/kept.js.map'],
      ...['react/src/kept.tsx', 'react/dist/kept.js', 'server/src/worker.mjs', 'server/dist/worker.mjs', 'server/dist/worker.d.mts'],
      ...['server/dist/bundle/main.js', 'server/dist/console/assets/main.js', 'protocol/dist/tsconfig.tsbuildinfo'],
    ];
    const stale = [
      ...['protocol/dist/rest/stale.js', 'protocol/dist/rest/stale.d.ts', 'protocol/dist/rest/stale.js.map'],
      ...['client-sdk/dist/tsc/stale.js', 'migrations/dist/stale.js', 'react/dist/stale.js', 'server/dist/stale/worker.mjs'],
    ];
    for (const file of [...kept, ...stale]) write(file);
    await run(process.execPath, [path.join(repository, 'remove-stale-modules.mjs')], { cwd: folder });
    assert.deepEqual(
      [...kept, ...stale].filter((file) => existsSync(path.join(folder, file))),
      kept,
    );
  });
});
