/** @jsxRuntime automatic */
/** @jsxImportSource react */
import { setImmediate } from 'node:timers/promises';
import { Window } from 'happy-dom';
import { type ReactNode, StrictMode } from 'react';
import { flushSync } from 'react-dom';
import { createRoot, hydrateRoot, type Root } from 'react-dom/client';

/**
 * A document in which React renders. The constructor sets the globals `window` and `document`, and
 * `close` removes them.
 */
export class ReactPage {
  readonly #window = new Window();
  readonly #container: HTMLElement;
  #root: Root | null = null;
  readonly errors: unknown[] = [];

  constructor() {
    // Replaces only these globals. Others, such as WebSocket and fetch, stay those of Node, since
    // the client connects to a server.
    Object.assign(globalThis, { window: this.#window, document: this.#window.document });
    this.#container = document.createElement('div');
    document.body.append(this.#container);
  }

  get text(): string {
    return this.#container.textContent ?? '';
  }

  /** Renders in StrictMode, which mounts everything twice. */
  render(page: ReactNode): void {
    this.#root ??= createRoot(this.#container, { onUncaughtError: (error) => this.errors.push(error), onCaughtError: () => {} });
    flushSync(() => this.#root!.render(<StrictMode>{page}</StrictMode>));
  }

  /** Hydrates a page that was rendered on a server. */
  hydrate(html: string, page: ReactNode): void {
    this.#container.innerHTML = html;
    this.#root = hydrateRoot(this.#container, page, { onRecoverableError: (error) => this.errors.push(error) });
  }

  async close(): Promise<void> {
    flushSync(() => this.#root?.unmount());
    // React schedules another check for work.
    for (let turn = 0; turn < 3; turn++) await setImmediate();
    for (const name of ['window', 'document']) Reflect.deleteProperty(globalThis, name);
    await this.#window.happyDOM.close();
  }
}
