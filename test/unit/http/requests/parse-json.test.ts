import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { OrgError } from '@rollcall/protocol';
import fc from 'fast-check';
import { scimLimits } from '../../../../server/src/features/scim/limits.ts';
import { parseJson } from '../../../../server/src/http/requests/parse-json.ts';
import { scanJson } from '../../../../server/src/http/requests/scan-json.ts';
import { turnsDuring } from '../../../support/turns-during.ts';

const limits = { levelsMax: 64, partsMax: 1_000_000, partsPerStepMax: 12_000, bytesPerStep: 100_000 };
const parse = (text: string) => parseJson(Buffer.from(text), { partsMax: scimLimits.groupPatchParts.value });
/** Elements that begin and end in every way that the scan must not misread. */
const elementAt = (index: number): unknown =>
  [index, `"\\,]}[{:é${index}`, { a: [index, { b: '}' }] }, [], {}, null, [[','], ']']][index % 7];
const elements = Array.from({ length: 12_000 }, (_, index) => elementAt(index));
const long = JSON.stringify(elements);
/** Contents of texts, so long that pieces end at any place in each unit. */
const contents = ['QUFB', '\\"', '\\\\', '\\u0041', '\\/a', '\\ud83d\\ude00', 'a\\ud83d', 'é', '𝕒', '\u0301e', ',:[{}]'].flatMap((unit) =>
  ['', 'a', 'ab', 'abc', 'abcd', 'abcde'].map((before) => before + unit.repeat(Math.ceil(1_200_000 / Buffer.byteLength(unit)))),
);

const bytesOf = (...codes: number[]) => Buffer.from(codes);
/** Parts of the content of a text. Not all of them are valid there. */
const contentUnits = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom('a', 'é', '€', '𝕒', ',', ':', '[', ']', '{', '}', ' ', '\\"', '\\\\', '\\/', '\\n', '\\u0041', '\\u0000'),
  },
  { weight: 3, arbitrary: fc.constantFrom('\\ud83d\\ude00', '\\ud83d', '\\ude00', '\u2028', '\uFEFF', '\u0301') },
  { weight: 1, arbitrary: fc.constantFrom('\\u00', '\\x', '\\', '\u0000', '\n', '"') },
);
/** Bytes that are not UTF-8, also parts of characters. */
const badBytes = fc.constantFrom(
  bytesOf(0x80),
  bytesOf(0xc3),
  bytesOf(0xe2, 0x82),
  bytesOf(0xf0, 0x9f, 0x98),
  bytesOf(0xed, 0xa0, 0x80),
  bytesOf(0xff),
);
const piece = (text: fc.Arbitrary<string>) => text.map((one) => Buffer.from(one));
const content = fc.array(fc.oneof({ weight: 12, arbitrary: piece(contentUnits) }, { weight: 1, arbitrary: badBytes }), { maxLength: 30 });
const quoted = content.map((units) => [Buffer.from('"'), ...units, Buffer.from('"')]);
const names = fc.oneof(
  piece(fc.constantFrom('"a"', '"b"', '"1"', '"0"', '"__proto__"', '"constructor"', '""')).map((one) => [one]),
  quoted,
);
const space = piece(fc.constantFrom('', '', '', ' ', '\n', '\t \r'));
const between = (items: readonly (readonly Buffer[])[]) =>
  items.flatMap((item, index) => (index === 0 ? item : [Buffer.from(','), ...item]));
const { value: anyValue } = fc.letrec<{ value: Buffer[]; array: Buffer[]; object: Buffer[] }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    piece(fc.constantFrom('1', '-0', '1e999', '0.1', '12345678901234567890', 'true', 'null')).map((one) => [one]),
    quoted,
    tie('array'),
    tie('object'),
  ),
  array: fc
    .array(fc.tuple(space, tie('value'), space), { maxLength: 8 })
    .map((items) => [Buffer.from('['), ...between(items.map(([before, one, after]) => [before, ...one, after])), Buffer.from(']')]),
  object: fc
    .array(fc.tuple(space, names, space, tie('value'), space), { maxLength: 6 })
    .map((items) => [
      Buffer.from('{'),
      ...between(items.map(([before, name, middle, one, after]) => [before, ...name, middle, Buffer.from(':'), ...one, after])),
      Buffer.from('}'),
    ]),
}));
/** JSON in which often one piece is absent, doubled or replaced. */
const bodyBytes = fc
  .record({
    pieces: anyValue,
    start: fc.oneof(
      { weight: 6, arbitrary: fc.constant('') },
      { weight: 1, arbitrary: fc.constantFrom('\uFEFF', '\uFEFF\uFEFF', ' ', '\u0000') },
    ),
    change: fc.option(
      fc.record({
        at: fc.nat(1_000),
        removed: fc.integer({ min: 0, max: 1 }),
        added: piece(fc.oneof(fc.constantFrom(',', ':', ']', '}', '"', '1'), contentUnits)),
      }),
    ),
  })
  .map(({ pieces, start, change }) => {
    const all = [Buffer.from(start), ...pieces];
    if (change) all.splice(change.at % all.length, change.removed, change.added);
    return Buffer.concat(all);
  });

describe('JSON that is parsed in steps', () => {
  it('[V1.1.1] has the value that JSON.parse gives', async () => {
    const texts = [
      `{"before":[1,[2]],"long":${long},"after":{"long":[3]}}`,
      `\uFEFF{"long" : \n${long.replaceAll(',', ' , ')} }`,
      `{"long":5,"long":${long}}`,
      `{"long":${long},"long":5}`,
      `{"__proto__":${long},"1":2}`,
      `[${long},0]`,
      `{"1":0,"long":${long},"0":1}`,
    ];
    for (const text of texts) {
      assert.ok((await scanJson(Buffer.from(text), limits)).array, 'there is no long array');
      const expected: unknown = JSON.parse(text.replace('\uFEFF', ''));
      const actual = await parse(text);
      assert.deepEqual(actual, expected);
      assert.equal(JSON.stringify(actual), JSON.stringify(expected));
    }
  });

  it('has the value that JSON.parse gives, also for long texts', async () => {
    for (const content of contents) {
      const text = `{"before":"a","text":"${content}","after":["a"]}`;
      assert.equal((await scanJson(Buffer.from(text), limits)).text?.start, text.indexOf(content));
      assert.ok(isDeepStrictEqual(await parse(text), JSON.parse(text)), content.slice(0, 20));
    }
  });

  it('has the value that JSON.parse gives, also for a long text beside a long array, and for names that occur twice', async () => {
    const content = contents[0]!;
    for (const text of [
      `{"long":${long},"text":"${content}"}`,
      `{"text":"${content}","long":${long}}`,
      `{"text":"${content}","text":${long}}`,
      `{"text":"${content}","text":null}`,
      `{"text":"short","text":"${content}"}`,
      `{"__proto__":"${content}"}`,
      `{"${content}":"a"}`,
      `{"a":["${content}"]}`,
      `["${content}"]`,
      `"${content}"`,
    ])
      assert.ok(isDeepStrictEqual(await parse(text), JSON.parse(text)), text.slice(0, 30));
  });

  it('has the characters that the decoder puts in place of bytes that are not UTF-8', async () => {
    for (const unit of [[0x80], [0xc3], [0xe2, 0x82], [0xf0, 0x9f, 0x98], [0xff], [0xc3, 0x28], [0xf0, 0x9f, 0x98, 0x80, 0x80]]) {
      for (const before of ['', 'a', 'ab', 'abc']) {
        const content = Buffer.concat([Buffer.from(before), Buffer.alloc(1_200_000, Buffer.from(unit))]);
        const bytes = Buffer.concat([Buffer.from('{"text":"'), content, Buffer.from('"}')]);
        assert.ok(isDeepStrictEqual(await parseJson(bytes), { text: content.toString('utf8') }), unit.join());
      }
    }
  });

  it('gets a refusal if JSON.parse refuses a long text', async () => {
    const content = contents[0]!;
    for (const end of ['\n', '\\x', '\\u00', '\\u00g0', '\\é', '\\']) {
      for (const text of [`{"text":"${content}${end}"}`, `{"text":"${content}${end}${content}"}`]) {
        assert.throws(() => JSON.parse(text));
        await assert.rejects(parse(text), { code: 'invalid' }, end);
      }
    }
    for (const text of [`{"text":"${content}`, `{"text":"${content}""b"}`, `{"text"::"${content}"}`, `{"a":{}"${content}"}`]) {
      assert.throws(() => JSON.parse(text));
      await assert.rejects(parse(text), { code: 'invalid' });
    }
  });

  it('gets a refusal if it has too many bytes besides its longest text', async () => {
    const parseRest = (text: string, restBytesMax: number) => parseJson(Buffer.from(text), { restBytesMax });
    const text = '{"image":"aaaaaaaaaa","b":"bbbbbbbbb"}';
    const rest = text.length - 10;
    assert.deepEqual(await parseRest(text, rest), JSON.parse(text));
    await assert.rejects(parseRest(text, rest - 1), { code: 'too-large' });
    for (const other of ['["aaaaaaaaaa"]', '{"aaaaaaaaaa":1}', '{"a":["aaaaaaaaaa"]}', '"aaaaaaaaaa"']) {
      await assert.rejects(parseRest(other, other.length - 1), { code: 'too-large' }, other);
    }
  });

  it('gets a refusal if JSON.parse refuses it', async () => {
    const inside = long.slice(1, -1);
    const texts = [
      `[${inside},]`,
      `[,${inside}]`,
      `[${inside},,${inside}]`,
      `[${inside}}`,
      `[${inside}`,
      `[${inside}]]`,
      `[${inside},x]`,
      `[${inside} 1]`,
    ];
    for (const array of texts) {
      const text = `{"long":${array}}`;
      assert.throws(() => JSON.parse(text));
      await assert.rejects(parse(text), { code: 'invalid' }, `${array.slice(0, 5)}…${array.slice(-5)}`);
    }
  });

  it('gets a refusal if it has too many parts, also of one element, and without commas', async () => {
    const many = (unit: string, count: number) => Array.from({ length: count }, () => unit).join();
    for (const text of [
      `{"a":[${many('1', 13_000)},[${many('1', 12_001)}]]}`,
      `{"a":[${many('1', 130_001)}]}`,
      `[${many(`${'['.repeat(50)}${']'.repeat(50)}`, 2_600)}]`,
      `{"a":{${many('"a":1', 6_001)}}}`,
    ])
      await assert.rejects(parse(text), { code: 'invalid', message: /too many values/ });
  });

  it('has one step per turn of the event loop, also if there are many at a time', async () => {
    const bytes = Buffer.from(`{"text":"${contents[0]!}"}`);
    const turnsOf = (count: number) => turnsDuring(() => Promise.all(Array.from({ length: count }, () => parseJson(bytes))));
    const ofOne = await turnsOf(1);
    assert.ok(ofOne >= 3, `${ofOne} turns`);
    assert.ok((await turnsOf(10)) > 9 * ofOne);
  });

  it('has the value that JSON.parse gives, or gets its refusal, wherever the steps end', async function () {
    this.timeout(60_000);
    const seen = { values: 0, refusals: 0 };
    await fc.assert(
      fc.asyncProperty(
        bodyBytes,
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 2, max: 8 }),
        async (bytes, bytesPerStep, partsPerStepMax) => {
          const parsed = await outcomeOf(() => parseJson(bytes, { partsMax: 1_000 }, { bytesPerStep, partsPerStepMax }));
          // An element with more parts than fit into a step is refused, as documented.
          if (parsed === 'too many values') return;
          const expected = await outcomeOf(async () => JSON.parse(bytes.toString('utf8').replace(/^\uFEFF/, '')));
          assert.deepStrictEqual(parsed, expected);
          seen[typeof expected === 'string' ? 'refusals' : 'values']++;
        },
      ),
      { numRuns: 20_000 },
    );
    assert.ok(seen.values > 1_000 && seen.refusals > 1_000, JSON.stringify(seen));
  });
});

/** The value and the order of its keys, or a name of the refusal. Other errors are thrown. */
async function outcomeOf(parse: () => Promise<unknown>): Promise<string | { value: unknown; text: string }> {
  try {
    const value = await parse();
    return { value, text: JSON.stringify(value) };
  } catch (error) {
    if (error instanceof SyntaxError) return 'not JSON';
    if (!(error instanceof OrgError) || error.code !== 'invalid') throw error;
    return error.message.includes('too many values') ? 'too many values' : 'not JSON';
  }
}
