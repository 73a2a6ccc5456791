// A shell that is set up for a running server must not lead the tests to it: settings outside the tests' own do not count.
const kept = /^LIKENESS_(MODELS_DIR|TEST_\w+)$/;
for (const name of Object.keys(process.env)) {
  if (name.startsWith('LIKENESS_') && !kept.test(name)) delete process.env[name];
}
