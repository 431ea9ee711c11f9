/*
 * Looks into the JSON of a chunk without parsing it. A key in quotation marks is found as a key alone: within a string its
 * quotation marks would be escaped.
 */

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;
const letterN = 0x6e;

const contentKeys = ["content", "reasoning_content", "reasoning", "refusal", "arguments"].map((key) =>
  Buffer.from(`"${key}"`),
);

/** Whether a key is there with a value other than null. */
export function hasValue(json: Buffer, key: Buffer): boolean {
  for (let place = json.indexOf(key); place !== -1; place = json.indexOf(key, place + key.length)) {
    const value = findValue(json, place + key.length);
    if (value < json.length && json[value] !== letterN) return true;
  }
  return false;
}

/** The bytes of what the model wrote, as they are escaped in JSON. */
export function countContentBytes(json: Buffer): number {
  let bytes = 0;
  for (const key of contentKeys) {
    let place = json.indexOf(key);
    while (place !== -1) {
      const start = findValue(json, place + key.length) + 1;
      const isString = json[start - 1] === quote;
      const end = isString ? findStringEnd(json, start) : place + key.length;
      if (isString) bytes += end - start;
      place = json.indexOf(key, end);
    }
  }
  return bytes;
}

/** Where the value of the key before `place` begins; the end where it is no key. */
function findValue(json: Buffer, place: number): number {
  const separator = skipBlanks(json, place);
  return json[separator] === colon ? skipBlanks(json, separator + 1) : json.length;
}

function skipBlanks(json: Buffer, place: number): number {
  let next = place;
  while (next < json.length && (json[next] ?? 0) <= 0x20) next += 1;
  return next;
}

function findStringEnd(json: Buffer, place: number): number {
  let next = place;
  while (next < json.length && json[next] !== quote) next += json[next] === backslash ? 2 : 1;
  return Math.min(next, json.length);
}
