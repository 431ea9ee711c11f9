/**
 * The environment that tests run in: without the owner's credentials and settings, so that a test can neither use nor
 * depend on them. `home` is a folder of the run's own.
 */
export function testEnvironment(home: string): NodeJS.ProcessEnv {
  const foreign = /^(ANTHROPIC_|CLAUDE|GANTRY_|NODE_OPTIONS$|NODE_TEST_CONTEXT$|(https?|no|all)_proxy$)/i;
  // These are meant for them: a PostgreSQL server of one's own, and another release of the CLI in the place of the lockfile's.
  const isOwn = (name: string): boolean => name === "GANTRY_TEST_DATABASE_URL" || name === "GANTRY_TEST_CLAUDE";
  const kept = Object.entries(process.env).filter(([name]) => isOwn(name) || !foreign.test(name));
  return { ...Object.fromEntries(kept), HOME: home };
}
