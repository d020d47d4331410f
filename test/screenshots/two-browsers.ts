// The pictures in README.md: an owner's browser beside a member's, before and after two changes.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { chooseInMenu, isLive, memberRow, roleOf } from '../e2e/pages.ts';
import { visit } from '../support/browser.ts';
import { logIn } from '../support/log-in.ts';
import { startServer } from '../support/server.ts';
import { makeContent } from './content.ts';

const height = 600;

/** Needs a server of its own: the last picture shows a member who was removed. */
export async function takeTwoBrowsers(target: string): Promise<void> {
  const server = await startServer();
  try {
    const { owner, slug } = await makeContent(server, 14);
    const dmitri = { email: 'dmitri.haddad@example.com' };
    const open = async (who: typeof dmitri, page: string, width: number) => {
      const visitor = await visit(server.url, `/organizations/${slug}/${page}/`, { cookie: await logIn(server, who), width, height });
      await isLive(visitor.page);
      await visitor.page.getByRole('table').waitFor();
      return visitor;
    };
    await using laptop = await open(owner, 'members', 820);
    await using phone = await open(dmitri, 'teams', 380);
    const save = async (name: string) => {
      const picture = await drawSideBySide(laptop.page, phone.page);
      writeFileSync(path.join(target, `two-browsers-${name}.png`), picture);
    };

    await memberRow(laptop.page, dmitri.email).waitFor();
    await save('before');

    await roleOf(laptop.page, dmitri.email).selectOption('admin');
    await phone.page.getByRole('button', { name: 'Create team' }).waitFor();
    await save('role');
    await laptop.page.getByRole('button', { name: 'Dismiss' }).click();

    await chooseInMenu(laptop.page, memberRow(laptop.page, dmitri.email).getByRole('button', { name: /^Actions/ }), /^Remove/);
    await phone.page.getByText(/no longer a member/).waitFor();
    await laptop.page.mouse.move(0, 0);
    await save('removed');
  } finally {
    await server.stop();
  }
}

async function drawSideBySide(laptop: Page, phone: Page): Promise<Buffer> {
  const figures = [
    ['Amara’s laptop: an owner, on the Members page', await laptop.screenshot()],
    ['Dmitri’s phone: the Teams page', await phone.screenshot()],
  ] as const;
  const canvas = await laptop.context().newPage();
  try {
    await canvas.setContent(`<!doctype html><style>
      body { margin: 0; padding: 16px; width: max-content; display: flex; gap: 24px; font: 600 17px system-ui, sans-serif; background: #fff; color: #333 }
      figure { margin: 0 }
      figcaption { margin: 0 0 10px 4px }
      img { display: block; border: 1px solid #b8b8c0; border-radius: 10px }
    </style>${figures
      .map(
        ([caption, image]) =>
          `<figure><figcaption>${caption}</figcaption><img src="data:image/png;base64,${image.toString('base64')}"></figure>`,
      )
      .join('')}`);
    return await canvas.locator('body').screenshot();
  } finally {
    await canvas.close();
  }
}
