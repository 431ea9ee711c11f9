import { integer } from "./config-field.ts";

/** The settings of how long what was made is kept. */
export const retentionFields = {
  artifactDays: integer({
    environment: "GANTRY_ARTIFACT_DAYS",
    from: 1,
    to: 3650,
    fallback: 30,
    meaning: "How many days what a run made is kept once its workspace is gone.",
  }),
  responseDays: integer({
    environment: "GANTRY_RESPONSE_DAYS",
    from: 1,
    to: 3650,
    fallback: 30,
    meaning:
      "How many days a response that a client asked to be kept lasts after it was made or last gone on from: see [Responses](responses.md).",
  }),
};
