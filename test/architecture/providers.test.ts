import assert from 'node:assert/strict';
import { definitionOf, integrationProviders } from '../../protocol/src/index.ts';
import { listFiles, readSource } from '../support/source-files.ts';

/** The parts of a provider that the compiler doesn't require. See CONTRIBUTING. */

const folder = 'server/src/features/integrations/providers';
const keys = [...integrationProviders].sort();
const textOf = (start: string) =>
  listFiles('docs', '.md')
    .filter((file) => file.startsWith(start))
    .map(readSource)
    .join('\n');

describe('the list of providers', () => {
  it('each provider has a folder, with the file that implements the port', () => {
    const file = new RegExp(`^${folder}/([^/]+)/\\1\\.ts$`);
    const implemented = listFiles(folder, '.ts').flatMap((one) => file.exec(one)?.[1] ?? []);
    assert.deepEqual(implemented.sort(), keys);
  });

  it('each provider has a test against a stand-in of the provider', () => {
    const tests = listFiles('test/integration/integrations', '.test.ts');
    const tested = keys.filter((key) => {
      const file = `test/integration/integrations/${key}.test.ts`;
      return tests.includes(file) && readSource(file).includes(`/support/providers/${key}.ts'`);
    });
    assert.deepEqual(tested, keys, 'write the test, with a stand-in in test/support/providers');
  });

  it('the documents describe each provider: the route that connects, how an operator prepares it, and the settings', () => {
    const [contract, manual, example] = [textOf('docs/rest-contract'), textOf('docs/operating'), readSource('.env.example')];
    const chapter = readSource('docs/operating/integrations.md');
    const missing = keys.flatMap((key) => {
      const { name, form, settings } = definitionOf(key);
      const route = `POST \`/${key}/${form ? '' : 'install/'}\``;
      const variables = Object.values(settings).map(({ variable }) => variable);
      return [
        ...(contract.includes(route) ? [] : [`REST contract 13.12: ${route}`]),
        ...(chapter.includes(name) ? [] : [`docs/operating/integrations.md: ${name}`]),
        ...variables.filter((variable) => !manual.includes(`\`${variable}\``)).map((variable) => `the operating manual: ${variable}`),
        ...variables.filter((variable) => !example.includes(`# ${variable}=`)).map((variable) => `.env.example: ${variable}`),
      ];
    });
    assert.deepEqual(missing, []);
  });

  it('no file of the server outside of its folder names a provider', () => {
    const key = new RegExp(`['"](${keys.join('|')})['"]`);
    const others = listFiles('server/src', '.ts').filter((file) => !file.startsWith(`${folder}/`) && key.test(readSource(file)));
    assert.deepEqual(others, [], 'derive it from the table in protocol/src/integration-providers.ts');
  });
});
