/** Addresses, paths with a root, hosts with a port, keys: what may tell of the server rather than of the request. */
const revealing =
  /\w:\/\/|(^|\W)\/[\w.]|\b[a-z]:\\|\\\\|\b\d{1,3}(\.\d{1,3}){3}\b|::|\blocalhost\b|\b[\w-]+(\.[\w-]+)*:\d{2,5}\b|\bsk-[\w*-]{3}/i;

const longest = 500;

/** A provider's sentence as a client may see it: bounded, and empty where it may tell of the server. */
export function toShownSentence(text: string): string {
  return revealing.test(text) ? "" : text.trim().slice(0, longest);
}
