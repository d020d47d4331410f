import assert from 'node:assert/strict';
import type { Locator, Page } from 'playwright-core';
import { eventually } from '../support/eventually.ts';
import { hasFocus, tabTo } from './pages.ts';

/** The most keys that are pressed in a menu, more than the longest menu has items. */
const itemsMax = 12;

/** Actions of a user who has only a keyboard. */
export interface Keyboard {
  key(keys: string): Promise<void>;
  type(text: string): Promise<void>;
  press(target: Locator): Promise<void>;
  /** Toggles a switch or a checkbox. */
  toggle(target: Locator): Promise<void>;
  /** Replaces the text of a field. */
  write(target: Locator, text: string): Promise<void>;
  /** Opens a select and chooses the option that starts with `words`. */
  choose(target: Locator, words: string): Promise<void>;
  /** Opens a searchable list by its button and chooses the first match. */
  search(button: Locator, words: string): Promise<void>;
  /** Opens a menu and chooses an item by arrow keys. */
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
      // A menu takes the focus shortly after it opens. An arrow key before that would skip an item.
      await eventually(async () => assert.match(await focused(), /^menu/), { intervalMs: 10 });
      for (let items = 0; items < itemsMax && !(await hasFocus(item)); items++) {
        const before = await focused();
        await key('ArrowDown');
        // Menus move the focus with a delay and ignore keys until then.
        await eventually(async () => assert.notEqual(await focused(), before), { intervalMs: 10 });
      }
      assert.ok(await hasFocus(item), `${item} cannot be reached by arrow keys`);
      await key('Enter');
    },
  };
}
