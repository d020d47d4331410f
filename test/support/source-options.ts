/**
 * The options with which Node runs TypeScript sources. Node 22 has no explicit resource management
 * (`using`), so tsx compiles them.
 */
const compiler = Number.parseInt(process.versions.node, 10) < 24 ? ['--import=tsx'] : ['--disable-warning=ExperimentalWarning'];
export const sourceOptions: readonly string[] = ['--conditions=@rollcall/source', ...compiler];
