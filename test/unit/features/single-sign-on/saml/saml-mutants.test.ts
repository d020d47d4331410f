import assert from 'node:assert/strict';
import { ChangedSources, type SourceChange } from '../../../../support/changed-sources.ts';
import { samlAttacks } from '../../../../support/saml/saml-attacks.ts';
import { type SamlMutant, samlMutants } from '../../../../support/saml/saml-mutants.ts';
import { SamlTarget } from '../../../../support/saml/saml-target.ts';

type VerifyModule = typeof import('../../../../../server/src/features/single-sign-on/saml/verify-saml-response.ts');

const folder = 'server/src/features/single-sign-on/saml';

describe('[S-23] [S-25] [S-26] [S-30] [S-31] [S-32] the verification of SAML responses accepts, without one of its checks,', () => {
  let target: SamlTarget;
  let sources: ChangedSources;
  before(async () => {
    target = await SamlTarget.make();
    sources = await ChangedSources.open();
  });
  after(() => sources[Symbol.asyncDispose]());

  const inFolder = (change: SourceChange): SourceChange => ({ ...change, file: `${folder}/${change.file}` });
  const load = ({ also, ...change }: SamlMutant) =>
    sources.load<VerifyModule>(`${folder}/verify-saml-response.ts`, [change, ...(also ? [also] : [])].map(inFolder));

  for (const mutant of samlMutants) {
    for (const name of mutant.attacks) {
      const attack = samlAttacks.find((one) => one.name === name)!;
      it(name, async () => {
        const { verifySamlResponse } = await load(mutant);
        const answer = await verifySamlResponse(target.provider(attack.config), await target.attack(attack), target.expected());
        assert.ok('identity' in answer, 'refused' in answer ? answer.refused : '');
      });
    }
  }
});
