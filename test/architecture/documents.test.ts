import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { listFiles, readSource, repository } from '../support/source-files.ts';
import { limits, variableNames } from '../support/variable-names.ts';

const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'client-sdk/README.md',
  'dashboard/README.md',
  ...listFiles('docs', '.md'),
];
const sources = ['protocol/src', 'migrations/src', 'client-sdk/src', 'server/src', 'dashboard/src'].flatMap((folder) =>
  listFiles(folder, '.ts', '.tsx', '.mjs'),
);

/** A file this long has two things in it. */
const linesMax = 350;

const manifest = JSON.parse(readSource('package.json')) as { scripts: Record<string, string> };

/** How the rules are numbered: a letter for the part, counted from 1. */
const rules = Object.entries({ W: 8, R: 12, A: 6, F: 3 }).flatMap(([letter, count]) =>
  Array.from({ length: count }, (_, index) => `${letter}${index + 1}`),
);

function notIn(text: string, words: readonly string[], wrap: (word: string) => string = (word) => word): string[] {
  return words.filter((word) => !text.includes(wrap(word)));
}

describe('the documents', () => {
  it('link to files that are there', () => {
    const broken = documents.flatMap((document) =>
      [...readSource(document).matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
        .map(([, target]) => path.join(path.dirname(document), target!))
        .filter((target) => !existsSync(path.join(repository, target)))
        .map((target) => `${document} links to ${target}`),
    );
    assert.deepEqual(broken, []);
  });

  it('name scripts and commands that are there', () => {
    for (const document of ['README.md', 'CONTRIBUTING.md', 'docs/operating.md']) {
      const text = readSource(document);
      for (const [, script] of text.matchAll(/npm run ([\w-]+)/g)) assert.ok(manifest.scripts[script!], `${document}: npm run ${script}`);
      for (const [, script] of text.matchAll(/npm (start|test)\b/g)) assert.ok(manifest.scripts[script!], `${document}: npm ${script}`);
      for (const [, command] of text.matchAll(/(?:npx |`)rollcall ([a-z]+)/g)) {
        assert.ok(existsSync(path.join(repository, `server/src/cli/${command}-command.ts`)), `${document}: rollcall ${command}`);
      }
    }
  });

  it('name every command of the command line', () => {
    const commands = listFiles('server/src/cli', '-command.ts').map((file) => path.basename(file, '-command.ts'));
    assert.deepEqual(
      notIn(readSource('README.md'), commands, (command) => `\`rollcall ${command}\``),
      [],
    );
  });

  it('explain every environment variable, and .env.example has it', () => {
    const names = [...variableNames, 'ROLLCALL_URL', 'ROLLCALL_TOKEN'];
    assert.ok(names.length > 15);
    assert.deepEqual(
      notIn(readSource('docs/operating.md'), names, (name) => `\`${name}\``),
      [],
    );
    const settable = names.filter((name) => name !== 'NODE_ENV');
    assert.deepEqual(
      notIn(readSource('.env.example'), settable, (name) => `\n# ${name}=`),
      [],
    );
  });

  it('give the default of every limit, in docs/operating.md and .env.example', () => {
    const operating = readSource('docs/operating.md');
    const example = readSource('.env.example');
    const wrong = limits.filter(
      ({ setting, default: byDefault, unit }) =>
        !operating.includes(`| \`${setting}\` | ${byDefault.toLocaleString('en')} | ${unit} |`) ||
        !example.includes(`\n# ${setting}=${byDefault}\n`),
    );
    assert.deepEqual(wrong, []);
  });

  it('say of each rule where it lives', () => {
    const architecture = readSource('docs/architecture.md');
    for (const rule of rules) {
      const [line] = architecture.split('\n').filter((one) => one.startsWith(`| ${rule} |`));
      assert.ok(line, `${rule} has no row in docs/architecture.md`);
      for (const [, file] of line.matchAll(/`([\w-]+\/[\w./-]+)`/g))
        assert.ok(existsSync(path.join(repository, file!)), `${rule}: ${file}`);
    }
  });

  it('number the decisions without holes, each with context, decision and consequences', () => {
    const files = listFiles('docs/adr', '.md');
    for (const [index, file] of files.entries()) {
      assert.equal(Number(path.basename(file).slice(0, 4)), index + 1, file);
      for (const part of ['Context', 'Decision', 'Consequences'])
        assert.match(readSource(file), new RegExp(`^\\*\\*${part}\\.\\*\\*`, 'm'), file);
    }
  });
});

describe('the sources', () => {
  it(`are files of at most ${linesMax} lines`, () => {
    const long = sources.map((file) => ({ file, lines: readSource(file).split('\n').length })).filter(({ lines }) => lines > linesMax);
    assert.deepEqual(long, []);
  });

  it('are named in kebab-case, after the one thing inside', () => {
    const odd = sources.filter((file) => !/^[a-z0-9]+(-[a-z0-9]+)*\.(tsx?|mjs)$/.test(path.basename(file)));
    const vague = sources.filter((file) => /^(utils?|helpers?|common|manager|data|info)\./.test(path.basename(file)));
    assert.deepEqual([...odd, ...vague], []);
  });

  it('name the columns they read: a prepared statement that reads all of them fails once a newer instance has added one', () => {
    const all = /\b(selectAll|returningAll)\(|\b(SELECT|RETURNING)\s+\*/;
    const reading = sources.filter((file) => file.startsWith('server/src/') && all.test(readSource(file)));
    assert.deepEqual(reading, []);
  });
});
