import type { TestEvent } from "node:test/reporters";

/** A reporter of Node's test runner that prints the path of each test file in which something failed, a line each. */
// The runner takes the default export for the reporter.
export default async function* reportFailedFiles(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const failed = new Set<string>();
  for await (const { type, data } of events) {
    const file =
      type === "test:summary" && !data.success
        ? data.file
        : // A file that broke before its own summary: the runner tells it as a test that has the file's name.
          type === "test:fail" && data.name.endsWith(".test.ts")
          ? data.file
          : undefined;
    if (file === undefined || failed.has(file)) continue;
    failed.add(file);
    yield `${file}\n`;
  }
}
