// For TypeScript, which checks that imported style sheets exist.
export {};
