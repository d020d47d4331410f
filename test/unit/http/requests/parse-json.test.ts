import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { scimGroupPatchPartsMax } from '../../../../server/src/http/limits/http-limits.ts';
import { parseJson } from '../../../../server/src/http/requests/parse-json.ts';
import { scanJson } from '../../../../server/src/http/requests/scan-json.ts';

const limits = { levelsMax: 64, partsMax: 1_000_000, partsPerStepMax: 12_000 };
const parse = (text: string) => parseJson(Buffer.from(text), { partsMax: scimGroupPatchPartsMax });
/** Elements that begin and end in every way that the scan must not misread. */
const elementAt = (index: number): unknown =>
  [index, `"\\,]}[{:é${index}`, { a: [index, { b: '}' }] }, [], {}, null, [[','], ']']][index % 7];
const elements = Array.from({ length: 12_000 }, (_, index) => elementAt(index));
const long = JSON.stringify(elements);
/** Contents of texts, so long that pieces end at any place in each unit. */
const contents = ['QUFB', '\\"', '\\\\', '\\u0041', '\\/a', '\\ud83d\\ude00', 'a\\ud83d', 'é', '𝕒', '\u0301e', ',:[{}]'].flatMap((unit) =>
  ['', 'a', 'ab', 'abc', 'abcd', 'abcde'].map((before) => before + unit.repeat(Math.ceil(1_200_000 / Buffer.byteLength(unit)))),
);

describe('JSON that is parsed in steps', () => {
  it('has the value that JSON.parse gives', async () => {
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
      assert.ok(scanJson(Buffer.from(text), limits).array, 'there is no long array');
      const expected: unknown = JSON.parse(text.replace('\uFEFF', ''));
      const actual = await parse(text);
      assert.deepEqual(actual, expected);
      assert.equal(JSON.stringify(actual), JSON.stringify(expected));
    }
  });

  it('has the value that JSON.parse gives, also for long texts', async () => {
    for (const content of contents) {
      const text = `{"before":"a","text":"${content}","after":["a"]}`;
      assert.equal(scanJson(Buffer.from(text), limits).text?.start, text.indexOf(content));
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
});
