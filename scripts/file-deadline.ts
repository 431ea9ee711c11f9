// Loaded into the process of each test file: the runner's own limit holds for a test, and a file whose tests are over
// but that something keeps alive (a server, a socket) would hold up the whole run.
const deadlineMs = 900_000;

if (process.env["NODE_TEST_CONTEXT"] !== undefined) {
  setTimeout(() => {
    const holders = process.getActiveResourcesInfo().join(", ");
    console.error(`The file did not end within ${deadlineMs / 1000} s. What keeps it: ${holders}`);
    process.exit(1);
  }, deadlineMs).unref();
}
