import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { features } from '../../server/src/features/index.ts';
import { listFiles, readSource, repository } from '../support/source-files.ts';

/** Parts of the core beyond this belong to a feature, or to one of the groups. */
const servicesMax = 32;
/** More files than this don't fit into one view of a folder. */
const filesMax = 20;

describe('the folder of features:', () => {
  it('each folder of a feature is listed under its name', () => {
    const folders = readdirSync(path.join(repository, 'server/src/features'), { withFileTypes: true });
    assert.deepEqual(
      features.map(({ name }) => name).sort(),
      folders
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name)
        .sort(),
    );
  });

  it(`each folder has at most ${filesMax} files`, () => {
    const counts = new Map<string, number>();
    for (const file of listFiles('server/src/features', '.ts', '.mjs')) {
      counts.set(path.posix.dirname(file), (counts.get(path.posix.dirname(file)) ?? 0) + 1);
    }
    assert.deepEqual(
      [...counts].filter(([, count]) => count > filesMax),
      [],
    );
  });

  it(`the core keeps at most ${servicesMax} services, so that the needs of an endpoint stay visible`, () => {
    const [, members = ''] = /^export interface Services \{\n([\s\S]*?)^\}/m.exec(readSource('server/src/http/services.ts')) ?? [];
    const names = [...members.matchAll(/^ {2}(?:readonly )?(\w+)[(:]/gm)].map(([, name]) => name);
    assert.ok(names.includes('writePath'));
    assert.ok(names.length <= servicesMax, `${names.length} services: ${names.join(', ')}`);
  });
});
