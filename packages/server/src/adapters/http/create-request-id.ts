/** A new id of a request, by which it is also billed. `createId` gives a UUID. */
export function createRequestId({ createId }: { readonly createId: () => string }): string {
  return `req_${createId().replaceAll("-", "")}`;
}
