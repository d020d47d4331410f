import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { verifySamlResponse } from '../../../../server/src/single-sign-on/saml/verify-saml-response.ts';
import { samlAttacks } from '../../../support/saml/saml-attacks.ts';
import { type SamlMutant, samlMutants } from '../../../support/saml/saml-mutants.ts';
import { SamlTarget } from '../../../support/saml/saml-target.ts';
import { repository } from '../../../support/source-files.ts';

const folder = path.join(repository, 'server/src/single-sign-on/saml');

describe('[S-23] [S-25] [S-26] [S-30] [S-31] [S-32] the verification of SAML responses accepts, without one of its checks,', () => {
  let target: SamlTarget;
  let copies: string;
  before(async () => {
    target = await SamlTarget.make();
    // The folder is below node_modules, so that the changed sources find the packages, and no other
    // test finds the sources.
    await mkdir(path.join(repository, 'node_modules/.cache'), { recursive: true });
    copies = await mkdtemp(path.join(repository, 'node_modules/.cache/saml-mutants-'));
  });
  after(() => rm(copies, { recursive: true, force: true }));

  /** Loads the sources with one place changed. */
  async function load(name: string, { file, from, to }: SamlMutant): Promise<typeof verifySamlResponse> {
    const copy = path.join(copies, name);
    await cp(folder, copy, { recursive: true });
    for (const one of await readdir(copy)) {
      const source = await readFile(path.join(copy, one), 'utf8');
      const parts = source.split(from);
      if (one === file) assert.equal(parts.length, 2, `${file} has ${parts.length - 1} places that read: ${from}`);
      const changed = one === file ? parts.join(to) : source;
      await writeFile(path.join(copy, one), changed.replaceAll("from '../../", `from '${pathToFileURL(repository)}/server/src/`));
    }
    return (await import(pathToFileURL(path.join(copy, 'verify-saml-response.ts')).href)).verifySamlResponse;
  }

  for (const [index, mutant] of samlMutants.entries()) {
    for (const name of mutant.attacks) {
      const attack = samlAttacks.find((one) => one.name === name)!;
      it(name, async () => {
        const verify = await load(String(index), mutant);
        const answer = await verify(target.provider(attack.config), await target.attack(attack), target.expected());
        assert.ok('identity' in answer, 'refused' in answer ? answer.refused : '');
      });
    }
  }
});
