import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { repository } from '../support/source-files.ts';

describe('the modules that the console and the React components load on demand', () => {
  it('can be loaded again after a failure', () => {
    const names = ['dashboard/src', 'react/src'].flatMap((folder) =>
      readdirSync(path.join(repository, folder), { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`),
    );
    const lazy = names
      .filter((name) => /\.tsx?$/.test(name))
      .filter((name) => /import \{[^}]*\blazy\b[^}]*\} from 'react'/.test(readFileSync(path.join(repository, name), 'utf8')));
    assert.deepEqual(lazy, ['react/src/parts/on-demand.tsx'], 'use `loadable`: `lazy` keeps a failure until a reload');
  });
});
