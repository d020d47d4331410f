// Node 22 has no explicit resource management (`using`), which the tests use, so tsx compiles them.
const [major] = process.versions.node.split('.').map(Number);
const compiler =
  major < 24
    ? ['import=./test/support/specs-as-modules.mjs', 'import=tsx']
    : ['import=./test/support/load-jsx.mjs', 'disable-warning=ExperimentalWarning'];

module.exports = {
  extension: ['test.ts', 'test.tsx'],
  recursive: true,
  'node-option': [...compiler, 'conditions=@rollcall/source'],
  require: ['./test/support/root-hooks.ts'],
  reporter: './test/support/reporter.cjs',
  timeout: 60_000,
  exit: false,
};
