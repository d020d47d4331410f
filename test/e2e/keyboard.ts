import assert from 'node:assert/strict';
import type { Locator, Page } from 'playwright-core';
import { eventually } from '../support/eventually.ts';
import { hasFocus, tabTo } from './pages.ts';

/** Of a menu, more than the longest here has. */
const itemsMax = 12;

/** What a person does who has a keyboard and nothing else. */
export interface Keyboard {
  key(keys: string): Promise<void>;
  type(text: string): Promise<void>;
  press(target: Locator): Promise<void>;
  /** A switch, or a box to tick. */
  toggle(target: Locator): Promise<void>;
  /** In place of what is there. */
  write(target: Locator, text: string): Promise<void>;
  /** Opens a list, and goes to the option that begins so. */
  choose(target: Locator, words: string): Promise<void>;
  /** Opens a searched list by its button, and chooses what the words find first. */
  search(button: Locator, words: string): Promise<void>;
  /** Opens a menu, and goes down to the item. */
  pick(button: Locator, item: Locator): Promise<void>;
}

export function keyboardOf(page: Page): Keyboard {
  const key = (keys: string) => page.keyboard.press(keys);
  const type = (text: string) => page.keyboard.type(text);
  const focused = () => page.evaluate(() => `${document.activeElement?.role} ${document.activeElement?.textContent}`);
  return {
    key,
    type,
    async press(target) {
      await tabTo(page, target);
      await key('Enter');
    },
    async toggle(target) {
      await tabTo(page, target);
      await key('Space');
    },
    async write(target, text) {
      await tabTo(page, target);
      await key('ControlOrMeta+a');
      await type(text);
    },
    async choose(target, words) {
      await tabTo(page, target);
      await key('ArrowDown');
      await type(words);
      await key('Enter');
    },
    async search(button, words) {
      await tabTo(page, button);
      await key('Enter');
      await eventually(async () => assert.match(await focused(), /^combobox/), { intervalMs: 10 });
      await type(words);
      await page.getByRole('listbox').getByRole('option', { name: words }).first().waitFor();
      await key('Enter');
    },
    async pick(button, item) {
      await tabTo(page, button);
      await key('Enter');
      await item.waitFor();
      // A menu that opens takes the focus a moment later: an arrow before that would move it twice, past the item.
      await eventually(async () => assert.match(await focused(), /^menu/), { intervalMs: 10 });
      for (let items = 0; items < itemsMax && !(await hasFocus(item)); items++) {
        const before = await focused();
        await key('ArrowDown');
        // Menus move the focus a moment later, and take no key meanwhile.
        await eventually(async () => assert.notEqual(await focused(), before), { intervalMs: 10 });
      }
      assert.ok(await hasFocus(item), `${item} is not reached by arrows`);
      await key('Enter');
    },
  };
}
