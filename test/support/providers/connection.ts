import type { DirectoryConnection } from '../../../server/src/features/integrations/directories/directory.ts';

/** A connection whose values are in memory, and replaced as those in the database are. */
export class ConnectionInMemory {
  /** The values that replaced others. */
  readonly replaced: string[] = [];
  readonly #externalId: string;
  readonly #secrets: Record<string, string>;
  #replacing: Promise<unknown> = Promise.resolve();

  constructor(externalId: number, secrets: Readonly<Record<string, string>>) {
    this.#externalId = String(externalId);
    this.#secrets = { ...secrets };
  }

  open(): DirectoryConnection {
    return {
      externalId: this.#externalId,
      secrets: { ...this.#secrets },
      replaceSecret: (name, replace) => {
        const result = this.#replacing.then(async () => {
          const text = await replace(this.#secrets[name]!);
          if (text !== null) this.replaced.push(text);
          this.#secrets[name] = text ?? this.#secrets[name]!;
          return this.#secrets[name];
        });
        this.#replacing = result.catch(() => {});
        return result;
      },
    };
  }
}
