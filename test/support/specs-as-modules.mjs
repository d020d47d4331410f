// Makes mocha load the specs with import(), never with require().
//
// Mocha prefers require() wherever Node can require an ES module. Under tsx that compiles a spec and everything it
// imports to CommonJS, while a dynamic import() in the same code, or a spec with a top-level await, gets the real
// modules: then the process holds two copies of a file, with two shared databases and an `instanceof` that is
// false. Mocha decides by this one property, when its loader is itself loaded, so it is set before that.
Object.defineProperty(process.features, 'require_module', { value: false });
