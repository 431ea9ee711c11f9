import assert from "node:assert/strict";
import { test } from "node:test";
import { refuseOldServer } from "./refuse-old-server.ts";

test("PostgreSQL is taken from version 13 on, however the server words it", () => {
  for (const version of ["13.0", "14.11 (Debian 14.11-1.pgdg120+2)", "18beta1", "18.4"]) refuseOldServer(version);
  for (const version of ["12.22", "9.6.24", "of an unknown version", ""]) {
    assert.throws(() => refuseOldServer(version), { name: "StoreError", message: /PostgreSQL 13 or later is needed/ });
  }
});
