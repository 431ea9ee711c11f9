/**
 * Where a package's sources lie: what the registry holds the proof of a release against. Only a workflow knows, whose
 * variables say it; packages made elsewhere go without.
 */
export function repositoryField(directory: string, env: NodeJS.ProcessEnv = process.env): Record<string, unknown> {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository } = env;
  if (server === undefined || repository === undefined) return {};
  return {
    repository: { type: "git", url: `git+${server}/${repository}.git`, ...(directory !== "." && { directory }) },
  };
}
