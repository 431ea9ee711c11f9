export type JsonRecord = Readonly<Record<string, unknown>>;

/** Whatever is no object reads as an empty one, whatever is of another type as absent: servers differ in what they leave out. */
export function toRecord(value: unknown): JsonRecord {
  return isRecord(value) ? value : {};
}

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Empty where there is none. */
export function readText(record: JsonRecord, key: string): string {
  const value = record[key];
  return typeof value === "string" ? value : "";
}

export function readRecords(record: JsonRecord, key: string): readonly JsonRecord[] {
  const value = record[key];
  return Array.isArray(value) ? value.map(toRecord) : [];
}

/** A whole number from 0 on, else 0. */
export function readCount(record: JsonRecord, key: string): number {
  const value = record[key];
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : 0;
}

/** A place in a list, as the end of a key; empty where there is none. */
export function readPlace(record: JsonRecord, key: string): string {
  const value = record[key];
  return typeof value === "number" ? String(value) : "";
}
