import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Locator, Page } from 'playwright-core';
import { eventually } from '../support/eventually.ts';

/** The console as a person finds their way in it: by the names of things. */

export function statusPill(page: Page): Locator {
  return page
    .getByRole('status')
    .filter({ hasText: /\br\d+/ })
    .first();
}

export async function isLive(page: Page): Promise<void> {
  await statusPill(page).filter({ hasText: 'Live' }).waitFor();
}

export function memberRow(page: Page, email: string): Locator {
  return page
    .getByRole('table', { name: 'Members' })
    .getByRole('row')
    .filter({ has: page.getByRole('rowheader', { name: email, exact: true }) });
}

export function roleOf(page: Page, email: string): Locator {
  return page.getByRole('combobox', { name: `Role for ${email}`, exact: true });
}

export async function hasRole(page: Page, email: string, role: string): Promise<void> {
  await eventually(async () => assert.equal(await roleOf(page, email).inputValue(), role), { intervalMs: 20 });
}

export async function chooseInMenu(page: Page, button: Locator, item: string | RegExp): Promise<void> {
  await button.click();
  await page.getByRole('menuitem', { name: item }).click();
}

/** Opens a searched list, by its field or its button, and chooses from it. */
export async function chooseOption(page: Page, opener: Locator, option: string | RegExp): Promise<void> {
  await opener.click();
  await page.getByRole('listbox').getByRole('option', { name: option }).first().click();
}

/** Goes on by Tab until the focus is where it should be: every control must be within reach of the keyboard. */
export async function tabTo(page: Page, target: Locator, tabsMax = 80): Promise<void> {
  await target.waitFor();
  for (let tabs = 0; tabs < tabsMax; tabs++) {
    if (await hasFocus(target)) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`${target} is not reached by ${tabsMax} tabs`);
}

export async function hasFocus(target: Locator): Promise<boolean> {
  return target.evaluateAll((elements) => elements.length === 1 && elements[0] === document.activeElement);
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface AxeWindow {
  readonly axe: {
    run(within: string | undefined): Promise<{ violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[] }>;
  };
}

/**
 * What axe-core finds wrong: nothing, in either theme. `within` selects what opened on a page that it has seen already.
 * Injected by the debugger, which the page's security policy does not bind.
 */
export async function assertAccessible(page: Page, within?: string): Promise<void> {
  await page.evaluate(axe);
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme });
    const violations = await page.evaluate(async (part: string | undefined) => {
      const { violations: found } = await (globalThis as unknown as AxeWindow).axe.run(part);
      return found.map(
        ({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary ?? ''}`).join('\n')}`,
      );
    }, within);
    assert.deepEqual(violations, [], `in the ${colorScheme} theme`);
  }
}
