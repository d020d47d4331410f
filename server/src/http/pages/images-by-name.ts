import { OrgError } from '@rollcall/protocol';
import type { findAvatar } from '../../read-path/queries/organizations/find-avatar.ts';
import { waitingLimits } from '../../runtime/limits/rows/waiting.ts';
import { Semaphore } from '../../runtime/limits/semaphore.ts';

type Image = NonNullable<Awaited<ReturnType<typeof findAvatar>>>;

/** Bytes of cached images: about a hundred of the usual size, or six of the largest. */
const keptBytesMax = 32 * 1024 * 1024;

/**
 * A cache of recently requested images, so that all responses share the same bytes. An image never
 * changes under its name. The caller must check first that it still exists.
 */
export class ImagesByName {
  readonly #load: (name: string) => Promise<Image | null>;
  readonly #semaphore = new Semaphore({
    concurrentMax: waitingLimits.imageReads.value,
    inTotal: { waitingMax: waitingLimits.imageReadsWaiting.value, refusal: busy },
  });
  /** The most recently used image is last. */
  readonly #kept = new Map<string, Image>();
  readonly #loading = new Map<string, Promise<Image | null>>();
  #keptBytes = 0;

  constructor(load: (name: string) => Promise<Image | null>) {
    this.#load = load;
  }

  /** @throws OrgError `unavailable` when too many other reads are waiting */
  async read(name: string): Promise<Image | null> {
    const kept = this.#kept.get(name);
    if (kept) {
      this.#kept.delete(name);
      this.#kept.set(name, kept);
      return kept;
    }
    const loading = this.#loading.get(name) ?? this.#semaphore.run(() => this.#load(name)).finally(() => this.#loading.delete(name));
    this.#loading.set(name, loading);
    const image = await loading;
    if (image) this.#keep(name, image);
    return image;
  }

  #keep(name: string, image: Image): void {
    if (this.#kept.has(name)) return;
    this.#kept.set(name, image);
    this.#keptBytes += image.bytes.length;
    for (const [oldest, { bytes }] of this.#kept) {
      if (this.#keptBytes <= keptBytesMax) return;
      this.#kept.delete(oldest);
      this.#keptBytes -= bytes.length;
    }
  }
}

function busy(): OrgError {
  return new OrgError('unavailable', 'Too many images are being requested. Try again in a moment.');
}
