import assert from 'node:assert/strict';
import { operatorRoutes } from '../../server/src/http/operator/router.ts';
import { base64LengthMax } from '../../server/src/http/requests/images.ts';
import type { Route } from '../../server/src/http/route.ts';
import { routes } from '../../server/src/http/routes.ts';
import { limitTable } from '../../server/src/runtime/limits/limits.ts';
import { transferLimits } from '../../server/src/runtime/limits/rows/transfers.ts';
import { limitGroups, limitsPage, renderLimits } from '../support/limits-page/render-limits.ts';
import { listFiles, readImports, readSource } from '../support/source-files.ts';

/** Finds limits that have no row, and rows that have no effect or are on no page. */
describe('the limits', () => {
  const tables = /^server\/src\/(runtime\/limits\/rows\/[\w-]+|features\/[\w-]+\/limits)\.ts$/;
  const files = listFiles('server/src', '.ts').filter((file) => !tables.test(file));
  const sources = new Map(files.map((file) => [file, readSource(file)]));
  const rows = limitGroups.flatMap(({ title, settable = {}, fixed = {} }) => [
    ...Object.entries(settable).map(([name, row]) => ({ id: `${title}: ${name}`, row, use: new RegExp(`\\b${name}\\b`) })),
    ...Object.entries(fixed).map(([name, row]) => ({
      id: `${title}: ${name}`,
      row,
      use: new RegExp(`\\b(?:costs|\\w+Limits)\\.${name}\\b|'${name}'`),
    })),
  ]);

  it('[V2.1.3] appear on the page for operators, which `npm run limits` writes', () => {
    const page = readSource(limitsPage);
    assert.equal(page, renderLimits(page), 'run `npm run limits`');
  });

  it('state a reason, and what is limited', () => {
    assert.ok(rows.length > 150);
    const wrong = rows.filter(({ row }) => !/^[^|\n]+[^.|\n]$/.test(row.text) || !/^[^|\n]+\.$/.test(row.reason));
    assert.deepEqual(wrong, [], 'a text is part of a sentence, and a reason is a sentence');
  });

  it('have one name each among the settings, and `limitTable` contains them', () => {
    const names = limitGroups.flatMap(({ settable = {} }) => Object.keys(settable));
    assert.deepEqual(names.sort(), Object.keys(limitTable).sort());
  });

  it('belong to a list, in each file that has rows', () => {
    const lists = ['server/src/runtime/limits/limits.ts', 'server/src/features/limits.ts'];
    const listed = lists.flatMap(readImports).map(({ target }) => target);
    assert.deepEqual(
      listFiles('server/src', '.ts').filter((file) => tables.test(file) && !listed.includes(file)),
      [],
    );
  });

  it('[V2.3.2] have an effect: the server reads each row', () => {
    const code = [...sources.values()].join('\n');
    assert.deepEqual(
      rows.filter(({ use }) => !use.test(code)).map(({ id }) => id),
      [],
    );
  });

  it('contain the size of each body that a route reads', () => {
    const values = new Set(rows.flatMap(({ row }) => ('value' in row ? [row.value] : [])));
    values.add(transferLimits.settingsBytes.value + base64LengthMax);
    const unknown = [...routes, ...operatorRoutes].flatMap((route) => {
      const { bodyBytesMax, bodyPartsMax, bodyRestBytesMax }: Partial<Pick<Route, 'bodyBytesMax' | 'bodyPartsMax' | 'bodyRestBytesMax'>> =
        route;
      return [bodyBytesMax, bodyPartsMax, bodyRestBytesMax]
        .filter((size) => size !== undefined && !values.has(size))
        .map((size) => `${route.path}: ${size}`);
    });
    assert.deepEqual(unknown, []);
  });

  /** Files that refuse with 413 or 429 but compare nothing, each with the reason. */
  const comparingElsewhere: Readonly<Record<string, string>> = {
    'server/src/features/single-sign-on/http/sign-on-test.ts': 'it responds to the refusal of flows.ts',
    'server/src/http/requests/too-large.ts': 'it is the text of a refusal',
    'server/src/http/responses/send-reply.ts': 'it translates the error of a parser',
  };

  it('have a row in each file that refuses with 413 or 429', () => {
    const refusing = /new OrgError\('(?:rate-limited|too-large)'|\.status\(429\)/;
    const readsRow = (file: string) =>
      readImports(file).some(({ target }) => tables.test(target) || target === 'server/src/runtime/limits/limits.ts');
    const without = files.filter((file) => refusing.test(sources.get(file)!) && !readsRow(file));
    assert.deepEqual(without, Object.keys(comparingElsewhere), 'compare with a row, or state what compares');
  });

  /** Whether a text of code is a number, or a constant of its file that is one. */
  const isOwnNumber = (source: string, text: string) => /^\d/.test(text) || new RegExp(`\\bconst ${text} = [\\d_(]`).test(source);

  it('have no number of their own where requests wait, where bodies are read and where attempts are counted', () => {
    const places =
      /\b(?:waitingMax|concurrentMax|bytesMax|bodyBytesMax|partsMax|bodyPartsMax|windowSeconds): ([\w.]+)|new KeyedLimit\(([\w.]+)/g;
    const own = [...sources]
      // Background work and the command line refuse no request.
      .filter(([file]) => !file.startsWith('server/src/cli/'))
      .filter(([, source]) => source.includes('OrgError') || source.includes('bytesMax'))
      .flatMap(([file, source]) =>
        [...source.matchAll(places)]
          .map(([place, value, other]) => ({ place, value: (value ?? other)! }))
          // One at a time is an order, not a limit.
          .filter(({ value }) => value !== '1' && isOwnNumber(source, value))
          .map(({ place }) => `${file}: ${place}`),
      );
    assert.deepEqual(own, []);
  });

  it('have no number of their own where a request is refused', () => {
    // Other errors refuse documents and messages of other programs, by their form.
    const refusals = />=? (\w+)\)(?: \{)?\s+(?:return refuse\b|throw (?:new (?:OrgError|IdpMetadataError)\b|(?!new )\w))/g;
    const own = [...sources].flatMap(([file, source]) =>
      [...source.matchAll(refusals)]
        .filter(([, value]) => value !== '0' && value !== '1' && isOwnNumber(source, value!))
        .map(([place]) => `${file}: ${place}`),
    );
    assert.deepEqual(own, []);
  });
});
