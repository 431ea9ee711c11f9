import { toBytes } from "./token-count.ts";

/** A long text is not cut into more pieces than about this, so that megabytes do not become millions of events. */
const mostDeltas = 1_000;
const longestWord = 200;

/**
 * Cuts a text into the pieces it is streamed in: by words, each with the white space behind it. A piece has at least `least`
 * characters; what has no white space is cut all the same, but never inside a character. Joined, they are the text.
 */
export function splitText(text: string, least = 1): string[] {
  const step = Math.max(least, Math.ceil(text.length / mostDeltas));
  const deltas: string[] = [];
  for (let start = 0; start < text.length;) {
    const end = findDeltaEnd(text, start + step);
    deltas.push(text.slice(start, end));
    start = end;
  }
  return deltas;
}

function findDeltaEnd(text: string, from: number): number {
  const latest = Math.min(text.length, from + longestWord);
  for (let end = from; end < latest; end += 1) {
    if (isSpace(text.charCodeAt(end - 1)) && !isSpace(text.charCodeAt(end))) return end;
  }
  return isLowSurrogate(text.charCodeAt(latest)) ? latest + 1 : latest;
}

function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}

/** The first `count` numbered tokens, a delta each. */
export function numberedDeltas(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `tok${index + 1} `);
}

export function countBytes(deltas: readonly string[]): number {
  return deltas.reduce((sum, delta) => sum + Buffer.byteLength(delta), 0);
}

/** Keeps what fits into that many tokens behind `used` bytes, and whole characters only. */
export function keepTokens(deltas: readonly string[], tokens: number, used: number): readonly string[] {
  let room = toBytes(tokens) - used;
  for (const [index, delta] of deltas.entries()) {
    const bytes = Buffer.byteLength(delta);
    if (bytes > room) return [...deltas.slice(0, index), cutToBytes(delta, room)].filter((kept) => kept !== "");
    room -= bytes;
  }
  return deltas;
}

function cutToBytes(text: string, bytes: number): string {
  let room = bytes;
  let kept = 0;
  for (const character of text) {
    room -= Buffer.byteLength(character);
    if (room < 0) break;
    kept += character.length;
  }
  return text.slice(0, kept);
}

/** Keeps the first `length` UTF-16 units. */
export function keepLength(deltas: readonly string[], length: number): string[] {
  const kept: string[] = [];
  let room = length;
  for (const delta of deltas) {
    if (room <= 0) break;
    kept.push(delta.slice(0, room));
    room -= delta.length;
  }
  return kept;
}
