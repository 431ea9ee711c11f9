/**
 * The environment that tests run in: without the owner's credentials and settings, so that a test can neither use nor
 * depend on them. `home` is a folder of the run's own.
 */
export function testEnvironment(home: string): NodeJS.ProcessEnv {
  const foreign = /^(ANTHROPIC_|CLAUDE|GANTRY_|NODE_OPTIONS$|NODE_TEST_CONTEXT$|(https?|no|all)_proxy$)/i;
  const kept = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  return { ...Object.fromEntries(kept), HOME: home };
}
