import assert from 'node:assert/strict';
import { findIn, findInSource, listProseFiles } from '../support/prose/find.ts';

describe('the prose', () => {
  it('follows the style rules', function () {
    // It parses all sources, which takes a multiple of the usual time on a busy machine.
    this.timeout(120_000);
    const problems = listProseFiles()
      .flatMap(findIn)
      .map(({ file, line, problem }) => `${file}:${line} ${problem}`);
    assert.deepEqual(problems, [], 'rewrite these: CONTRIBUTING.md has the word list');
  });
});

describe('the prose check', () => {
  const problems = (source: string, file = 'server/src/example.ts') =>
    findInSource(file, source).map(({ line, problem }) => `${line} ${problem}`);
  const count = (source: string, file?: string) => problems(source, file).length;

  it('finds a former word in a comment, a message, a title and a document, with its line', () => {
    assert.match(problems('const a = 1;\n/** Reads the log\n * anew. */')[0]!, /^3 comment: "anew"/);
    assert.match(problems("throw new Error('Nobody can read this.');")[0]!, /^1 message: "Nobody"/);
    assert.match(problems('throw new Error(`cannot send it anew`);')[0]!, /^1 message: "anew"/);
    assert.match(problems("describe('the bus', () => { it('sends notices anew', () => {}); });")[0]!, /^1 title: "anew"/);
    assert.match(problems('First line.\nThe server mends it.', 'docs/example.md')[0]!, /^2 document: "mends"/);
    assert.match(problems('# Whoever runs it.\nx: 1', 'compose.yaml')[0]!, /^1 comment: "Whoever"/);
  });

  it('finds a label of one word in the console only, and text between tags', () => {
    assert.equal(count("const label = 'Nobody';", 'dashboard/src/example.tsx'), 1);
    assert.equal(count('const label = <p>Nobody</p>;', 'dashboard/src/example.tsx'), 1);
    assert.equal(count("const key = 'nobody';"), 0);
  });

  it('ignores code: identifiers, SQL, imports, code spans, fences and the targets of links', () => {
    assert.equal(count("import { nobody } from './who/tells/whom.ts';\nexport const judge = nobody;"), 0);
    assert.equal(count('const rows = sql`SELECT nobody FROM whoever WHERE anew`;'), 0);
    assert.equal(count('/** Calls `judge` for each entry. */'), 0);
    assert.equal(count('See `judge` and [the record](adr/nobody.md).\n\n```ts\n// nobody\n```\n', 'docs/example.md'), 0);
    assert.equal(count('<!-- prose: off -->\nnobody\n<!-- prose: on -->\n', 'docs/example.md'), 0);
  });

  it('finds a docstring that does not begin with a noun or verb', () => {
    assert.equal(count('/** Of an organization, its slug. */'), 1);
    assert.equal(count('/** Slugs of organizations. */'), 0);
  });

  it('finds prose wider than 100 columns, except tables, links and code', () => {
    const long = 'word '.repeat(25);
    assert.equal(count(`// ${long}`), 1);
    assert.equal(count(long, 'docs/example.md'), 1);
    assert.equal(count(`| ${long} |\n\n\`\`\`\n${long}\n\`\`\`\n`, 'docs/example.md'), 0);
    assert.equal(count(`See [this](https://example.com/${'path/'.repeat(25)}).`, 'docs/example.md'), 0);
    assert.equal(count(`const text = '${'x'.repeat(100)}'; // short`), 0);
  });

  it('finds a test title without a subject', () => {
    const titled = (describeTitle: string, title: string) => count(`describe('${describeTitle}', () => { it('${title}', () => {}); });`);
    assert.equal(titled('the feed', '[R1] keeps all records'), 0);
    assert.equal(titled('the feed', '[R1] is closed'), 1);
    assert.equal(titled('what is closed', 'keeps all records'), 1);
    assert.equal(count("it('keeps all records', () => {});"), 1);
    assert.equal(count("describe('the feed', () => { describe('after a restart', () => { it('keeps all records', () => {}); }); });"), 0);
  });
});
