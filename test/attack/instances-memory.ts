import type { AttackedInstance } from './attacked-server.ts';
import { LiveMemory } from './live-memory.ts';
import { ResidentMemory } from './resident-memory.ts';
import type { MemoryUse } from './verdicts.ts';

/** The memory of all instances during an attack. */
export class InstancesMemory implements Disposable {
  readonly #instances: readonly { readonly resident: ResidentMemory; readonly live: LiveMemory }[];
  #before: readonly number[] | null = null;
  #liveBefore: readonly number[] = [];

  private constructor(instances: readonly { readonly resident: ResidentMemory; readonly live: LiveMemory }[]) {
    this.#instances = instances;
  }

  static async open(instances: readonly AttackedInstance[]): Promise<InstancesMemory> {
    const opened = instances.map(async ({ pid, inspectorUrl }) => ({
      resident: new ResidentMemory(pid),
      live: await LiveMemory.open(inspectorUrl),
    }));
    return new InstancesMemory(await Promise.all(opened));
  }

  begin(): void {
    const now = this.#instances.map(({ resident }) => resident.take().at(-1) ?? 0);
    // The resident memory before the first attack is the one to compare with.
    this.#before ??= now;
  }

  async readLive(): Promise<void> {
    this.#liveBefore = await Promise.all(this.#instances.map(({ live }) => live.read()));
  }

  async end(): Promise<readonly MemoryUse[]> {
    const uses = this.#instances.map(async ({ resident, live }, index) => ({
      residentBefore: this.#before![index]!,
      residentMax: Math.max(...resident.take()),
      liveBefore: this.#liveBefore[index]!,
      liveAfter: await live.read(),
    }));
    return Promise.all(uses);
  }

  [Symbol.dispose](): void {
    for (const { resident, live } of this.#instances) {
      resident[Symbol.dispose]();
      live[Symbol.dispose]();
    }
  }
}
