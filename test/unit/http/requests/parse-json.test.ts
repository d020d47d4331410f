import assert from 'node:assert/strict';
import { scimGroupPatchPartsMax } from '../../../../server/src/http/limits/http-limits.ts';
import { parseJson } from '../../../../server/src/http/requests/parse-json.ts';
import { scanJson } from '../../../../server/src/http/requests/scan-json.ts';

const limits = { levelsMax: 64, partsMax: 1_000_000, partsPerStepMax: 12_000 };
const parse = (text: string) => parseJson(Buffer.from(text), scimGroupPatchPartsMax);
/** Elements that begin and end in every way that the scan must not misread. */
const elementAt = (index: number): unknown =>
  [index, `"\\,]}[{:é${index}`, { a: [index, { b: '}' }] }, [], {}, null, [[','], ']']][index % 7];
const elements = Array.from({ length: 12_000 }, (_, index) => elementAt(index));
const long = JSON.stringify(elements);

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
      assert.ok(scanJson(Buffer.from(text), limits), 'there is no long array');
      const expected: unknown = JSON.parse(text.replace('\uFEFF', ''));
      const actual = await parse(text);
      assert.deepEqual(actual, expected);
      assert.equal(JSON.stringify(actual), JSON.stringify(expected));
    }
  });

  it('is refused if JSON.parse refuses it', async () => {
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

  it('is refused if it has too many parts, also of one element, and without commas', async () => {
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
