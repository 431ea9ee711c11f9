/** Looks at paths of this machine, for whoever wants to register one. */
export interface DirectoryInspector {
  /**
   * Gives the path with its links resolved. Rejects with a `FailureError` of code `invalid_request` whose message says why the path
   * cannot be registered: it is no directory, or what lies there is nobody's to work on.
   */
  inspect(path: string): Promise<string>;
}
