import { nameSlug } from '../../../domain/slugs.ts';

/** Teams or projects, by the slug that is derived from their name. */
export class BySlug<T extends { readonly slug: string; readonly name: string }> {
  readonly #bySlug = new Map<string, T>();

  constructor(records: Iterable<T>) {
    for (const record of records) this.add(record);
  }

  add(record: T): void {
    this.#bySlug.set(record.slug, record);
  }

  delete(record: T): void {
    this.#bySlug.delete(record.slug);
  }

  /**
   * Returns the record with this name. Returns null if its slug is free, otherwise the reason why
   * the name cannot be used.
   */
  find(name: string): T | null | 'bad-slug' | 'slug-taken' {
    const slug = nameSlug(name);
    if (/^[0-9]*$/.test(slug)) return 'bad-slug';
    const found = this.#bySlug.get(slug);
    if (!found) return null;
    return found.name === name ? found : 'slug-taken';
  }
}
