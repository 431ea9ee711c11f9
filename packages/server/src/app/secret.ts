import { inspect } from "node:util";

/** A value that shows nowhere by accident: logged, serialised or inspected it reads `[secret]`. */
export interface Secret<Value> {
  reveal(): Value;
  toJSON(): string;
  toString(): string;
}

const shown = () => "[secret]";

export function createSecret<Value>(value: Value): Secret<Value> {
  // A method of its own: Object.freeze keeps the closure, and no property holds the value.
  return Object.freeze({
    reveal: () => value,
    toJSON: shown,
    toString: shown,
    [inspect.custom]: shown,
  });
}
