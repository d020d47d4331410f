import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { repository } from './command-line.ts';

/** The results of one command, from which the page is written again when another one has run. */
export class SavedResults<Results extends object> {
  readonly #file: string;
  readonly #form: number;
  readonly #command: string;

  /** @param form increase it when the results get other fields */
  constructor(file: string, form: number, command: string) {
    this.#file = path.join('bench', 'results', file);
    this.#form = form;
    this.#command = command;
  }

  async save(results: Results): Promise<void> {
    await writeFile(path.join(repository, this.#file), `${JSON.stringify({ form: this.#form, ...results }, null, 2)}\n`);
  }

  /** @throws Error if there are no results, or only those of an earlier form */
  async read(): Promise<Results> {
    const file = path.join(repository, this.#file);
    const saved = existsSync(file) ? (JSON.parse(await readFile(file, 'utf8')) as Results & { readonly form?: number }) : null;
    if (saved?.form === this.#form) return saved;
    throw new Error(
      `docs/benchmarks.md needs ${this.#file}, which ${saved ? 'has an earlier form' : 'is missing'}. Run \`${this.#command}\` first.`,
    );
  }
}
