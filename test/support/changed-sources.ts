import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { repository } from './source-files.ts';

/** A place in a source that is changed, for example so that a check is missing. */
export interface SourceChange {
  /** A path from the repository. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** Loads modules with places of their sources changed. */
export class ChangedSources implements AsyncDisposable {
  readonly #folder: string;
  #copies = 0;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(): Promise<ChangedSources> {
    // The folder is below node_modules, so that the changed sources find the packages, and no other
    // test finds the sources.
    const cache = path.join(repository, 'node_modules/.cache');
    await mkdir(cache, { recursive: true });
    return new ChangedSources(await mkdtemp(path.join(cache, 'changed-sources-')));
  }

  /**
   * Loads a module with the changes, which are in the files of its folder. Modules of other folders
   * are those that the tests use.
   * @param module a path from the repository
   */
  async load<Module>(module: string, changes: readonly SourceChange[]): Promise<Module> {
    const folder = path.dirname(module);
    const copy = path.join(this.#folder, String(this.#copies++));
    await mkdir(copy);
    const names = (await readdir(path.join(repository, folder))).filter((name) => name.endsWith('.ts'));
    for (const name of names) {
      let source = await readFile(path.join(repository, folder, name), 'utf8');
      for (const { file, from, to } of changes.filter((change) => path.relative(folder, change.file) === name)) {
        const parts = source.split(from);
        assert.equal(parts.length, 2, `${file} has ${parts.length - 1} places that read: ${from}`);
        source = parts.join(to);
      }
      const outside = source.replaceAll(/from '(\.[^']*\/[^']+)'/g, (line, imported: string) =>
        /^\.\/[^/]+$/.test(imported)
          ? line.replace(/\.ts'$/, ".js'")
          : `from '${pathToFileURL(path.join(repository, folder, imported)).href}'`,
      );
      // Node removes no types from files below node_modules.
      await writeFile(path.join(copy, scriptOf(name)), stripTypeScriptTypes(outside));
    }
    return import(pathToFileURL(path.join(copy, scriptOf(path.basename(module)))).href) as Promise<Module>;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function scriptOf(name: string): string {
  return name.replace(/\.ts$/, '.js');
}
