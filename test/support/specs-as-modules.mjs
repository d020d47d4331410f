// Makes mocha load the specs with import(), never with require().
//
// Mocha prefers require() wherever Node can require an ES module. Under tsx that compiles a spec
// and everything it imports to CommonJS, while a dynamic import() in the same code, or a spec with
// a top-level await, gets the real modules. The process then has two instances of a file, with two
// shared databases and an `instanceof` that is false. Mocha decides by this property when its
// loader is loaded, so it is set before that.
Object.defineProperty(process.features, 'require_module', { value: false });
