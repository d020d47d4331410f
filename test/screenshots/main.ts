// `npm run screenshots`: saves a picture of every page in both themes, on a phone and on a wide
// screen, to docs/images.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { visit } from '../support/browser.ts';
import { logIn } from '../support/log-in.ts';
import { startServer } from '../support/server.ts';
import { stopShared } from '../support/shared.ts';
import { repository } from '../support/source-files.ts';
import { makeContent } from './content.ts';
import { shots } from './shots.ts';
import { takeTwoBrowsers } from './two-browsers.ts';

const target = path.resolve(process.argv[2] ?? path.join(repository, 'docs/images'));
const only = process.argv[3]?.split(',');

const server = await startServer();
try {
  mkdirSync(target, { recursive: true });
  const content = await makeContent(server);
  for (const { name, pathOf, isPublic, prepare } of shots.filter((shot) => !only || only.includes(shot.name))) {
    for (const theme of ['light', 'dark'] as const) {
      for (const width of [360, 1600]) {
        const cookie = isPublic ? {} : { cookie: await logIn(server, content.owner) };
        await using visitor = await visit(server.url, pathOf(content), { ...cookie, theme, width, height: width === 360 ? 740 : 1000 });
        await visitor.page.waitForLoadState('networkidle').catch(() => {});
        await prepare?.(visitor.page, content);
        await visitor.page.screenshot({ path: path.join(target, `${name}-${theme}-${width}.png`) });
        for (const fault of visitor.faults) console.error(`${name}: ${fault}`);
      }
    }
    console.log(name);
  }
  if (!only || only.includes('two-browsers')) {
    await takeTwoBrowsers(target);
    console.log('two-browsers');
  }
} finally {
  await server.stop();
  await stopShared();
}
