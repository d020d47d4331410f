import assert from 'node:assert/strict';
import { readSource } from '../support/source-files.ts';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly license: string;
  readonly engines: { readonly node: string };
  readonly files: readonly string[];
  readonly dependencies: Readonly<Record<string, string>>;
}

const published = ['protocol', 'migrations', 'client-sdk', 'react', 'server'].map((folder) => ({
  folder,
  manifest: JSON.parse(readSource(`${folder}/package.json`)) as Manifest,
}));

describe('the manifests of the published packages', () => {
  for (const { folder, manifest } of published) {
    it(`${manifest.name} can be published, and names its license, its Node and its files`, () => {
      const { private: isPrivate = false, license, engines, files } = manifest;
      assert.deepEqual({ isPrivate, license, engines }, { isPrivate: false, license: 'Apache-2.0', engines: { node: '>=22.18' } });
      assert.ok(files[0]?.startsWith('dist'), `${files}`);
      assert.equal(readSource(`${folder}/LICENSE`), readSource('LICENSE'));
    });

    it(`${manifest.name} depends on published packages only, each in an exact version`, () => {
      const versions = new Map(published.map(({ manifest: { name, version } }) => [name, version]));
      for (const [name, version] of Object.entries(manifest.dependencies)) {
        assert.match(version, /^\d+\.\d+\.\d+(-[\w.]+)?$/, name);
        if (name.startsWith('@rollcall/')) assert.equal(version, versions.get(name), name);
      }
    });
  }
});
