import assert from "node:assert/strict";
import { test } from "node:test";
import { toCsvLine } from "./to-csv-line.ts";

test("cells are separated by commas and the line ends with CR LF", () => {
  assert.equal(toCsvLine(["a", 1, null, -2.5, ""]), "a,1,,-2.5,\r\n");
});

test("a cell with a comma, a quote or a line end is quoted, and quotes are doubled", () => {
  assert.equal(toCsvLine(["a,b", 'say "a"', "a\nb", "a\rb"]), '"a,b","say ""a""","a\nb","a\rb"\r\n');
});

test("a text that a spreadsheet would run begins with an apostrophe", () => {
  for (const formula of ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x")', "\r=1", "\n=1"]) {
    const line = toCsvLine([formula]);
    assert.match(line, /^"?'/, JSON.stringify(formula));
    const cell = line.startsWith('"') ? line.slice(1, -3).replaceAll('""', '"') : line.slice(0, -2);
    assert.equal(cell, `'${formula}`);
  }
  assert.equal(toCsvLine(["a=1", "1-2"]), "a=1,1-2\r\n");
});
