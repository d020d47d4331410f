import assert from 'node:assert/strict';
import { orgSlugProblem, wantedOrgSlug } from '../../../../server/src/domain/organizations/org-slugs.ts';

const malformed =
  'Enter a valid slug consisting of letters, numbers, or hyphens. It cannot be entirely numeric or start/end with a hyphen.';
const problemOf = (raw: string) => orgSlugProblem(raw, (slug) => slug === 'taken');

describe("organizations' slugs", () => {
  for (const [raw, problem] of [
    ['acme', null],
    ['a1-b', null],
    ['with_underscore', malformed],
    ['1234', malformed],
    ['-acme', malformed],
    ['acme-', malformed],
    ['ac me', malformed],
    ['', malformed],
    ['-', malformed],
    ['ab', 'This slug "ab" is too short. Minimum of 3 characters.'],
    ['a'.repeat(51), 'Ensure this field has no more than 50 characters.'],
    ['ACME', 'This slug "ACME" should not contain uppercase symbols.'],
    ['api', 'This slug "api" is reserved and not allowed.'],
    ['taken', 'The slug "taken" is already in use.'],
    [' acme', 'The slug "acme" should not contain any whitespace.'],
    ['acme\n', 'The slug "acme" should not contain any whitespace.'],
  ] as const) {
    it(`[5.3] ${problem === null ? 'may be' : 'may not be'} ${JSON.stringify(raw.slice(0, 20))}`, () =>
      assert.equal(problemOf(raw), problem));
  }

  for (const [name, slug] of [
    ['---foo', 'foo'],
    ['foo_bar', 'foo-bar'],
    ['Äpfel & Birnen', 'apfel-birnen'],
    ['a'.repeat(40), 'a'.repeat(30)],
    [`${'a'.repeat(29)} b`, 'a'.repeat(29)],
    ['Settings', 'fallback'],
    ['!!!', 'fallback'],
  ] as const) {
    it(`[5.3] derive from the name ${JSON.stringify(name.slice(0, 20))}`, () => assert.equal(wantedOrgSlug(name, 'fallback'), slug));
  }
});
