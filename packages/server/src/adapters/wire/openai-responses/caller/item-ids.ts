/*
 * An item's id holds that of its response and its place in it, so that an item can be found by its id alone:
 * `msg_<32 digits><5 digits>`. Places of the input are counted from `firstInput`.
 */

const firstInput = 0x80000;
const places = 5;

export function toOutputItemId(prefix: string, responseId: string, index: number): string {
  return toItemId(prefix, responseId, index);
}

export function toInputItemId(prefix: string, responseId: string, index: number): string {
  return toItemId(prefix, responseId, firstInput + index);
}

function toItemId(prefix: string, responseId: string, place: number): string {
  return `${prefix}_${responseId.slice("resp_".length)}${place.toString(16).padStart(places, "0")}`;
}

/** Undefined where it is no id of ours. */
export function toResponseId(itemId: string): string | undefined {
  const digits = /^[a-z]+_([0-9a-f]{32})[0-9a-f]{5}$/.exec(itemId)?.[1];
  return digits === undefined ? undefined : `resp_${digits}`;
}
