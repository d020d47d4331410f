import assert from 'node:assert/strict';
import path from 'node:path';
import { asvsLevels } from '../support/asvs-requirements.ts';
import { listFiles, readSource } from '../support/source-files.ts';

const page = readSource('docs/asvs.md');
const verdicts = ['holds', 'in part', 'does not hold', 'does not apply'];
/** The words in the column of tests if a requirement holds without a test. */
const withoutTest = ['document', 'setting', 'no such code'];

const rows = [...page.matchAll(/^\| (V[\d.]+) \| (.*) \|$/gm)].map(([, number, cells]) => {
  const [level, requirement, verdict, place, test, ...others] = cells!.split(' | ');
  assert.equal(others.length, 0, `${number} has too many cells`);
  return { number: number!, level: level!, requirement: requirement!, verdict: verdict!, place: place!, test: test! };
});

/** The files that a cell links to, as paths from the repository. */
function linksOf(cell: string): string[] {
  return [...cell.matchAll(/\]\((?!https?:)([^)#]*)/g)].map(([, target]) => path.posix.join('docs', target!));
}

/** The numbers of requirements at the beginning of each title of a file. */
function numbersIn(file: string): Set<string> {
  const titles = readSource(file).matchAll(/(?:\b(?:it|describe)(?:\.\w+)?\(|\btitle:)\s*['"`]((?:\[[^\]]+\] ?)+)/g);
  return new Set([...titles].flatMap(([, tags]) => [...tags!.matchAll(/\[(V[\d.]+)\]/g)].map(([, number]) => number!)));
}

function numbersOf(isFaulty: (row: (typeof rows)[number]) => boolean): string[] {
  return rows.filter(isFaulty).map(({ number }) => number);
}

describe('the page about OWASP ASVS', () => {
  it('has one row for each requirement of levels 1 and 2, in their order, with the level', () => {
    assert.equal(asvsLevels.size, 253);
    const order = (number: string) => number.slice(1).split('.').map(Number);
    const byNumber = ([one]: readonly [string, number], [other]: readonly [string, number]) => {
      const [[a1, a2, a3], [b1, b2, b3]] = [order(one), order(other)];
      return a1! - b1! || a2! - b2! || a3! - b3!;
    };
    assert.deepEqual(
      rows.map(({ number, level }) => `${number} ${level}`),
      [...asvsLevels].sort(byNumber).map(([number, level]) => `${number} ${level}`),
    );
  });

  it('has one of four verdicts in each row, and states how often each occurs', () => {
    assert.deepEqual(
      numbersOf(({ verdict }) => !verdicts.includes(verdict)),
      [],
    );
    const stated = [...page.matchAll(/^\| (holds|in part|does not hold|does not apply) \| .* \| (\d+) \|$/gm)];
    assert.deepEqual(
      stated.map(([, verdict, count]) => [verdict, Number(count)]),
      verdicts.map((verdict) => [verdict, numbersOf((row) => row.verdict === verdict).length]),
    );
  });

  it('has a place and a test where a requirement holds, and a reason where it does not', () => {
    const faulty = numbersOf(({ verdict, requirement, place, test }) => {
      if (requirement === '' || place.length < 15) return true;
      if (verdict === 'does not apply') return test !== '–';
      if (verdict !== 'holds') return test !== '–' && linksOf(test).length === 0;
      const isCode = test === 'no such code';
      return (linksOf(place).length === 0 && !isCode) || (linksOf(test).length === 0 && !withoutTest.includes(test));
    });
    assert.deepEqual(faulty, []);
  });

  it('names tests whose titles have the number, and every test whose title has one', () => {
    const named = rows.flatMap(({ number, test }) => linksOf(test).map((file) => `${file} ${number}`));
    const titled = listFiles('test', '.test.ts', '.test.tsx', '.suite.ts').flatMap((file) =>
      [...numbersIn(file)].map((number) => `${file} ${number}`),
    );
    assert.deepEqual(named.sort(), titled.sort());
    assert.ok(new Set(titled.map((one) => one.split(' ')[1])).size >= 60);
  });
});
