import type { ImageBlock } from "@gantry/contracts/content";
import { checkFetchedUrl } from "../check-fetched-url.ts";
import { checkShape, reject, type Checked } from "../check-shape.ts";
import { reportUnknownFields, type IgnoredFields } from "../ignored-fields.ts";
import { imageSchema } from "./schema.ts";

const known: ReadonlySet<string> = new Set(["type", "source", "cache_control"]);

/** An image inline or by its https address. Whether it is a whole image is the upstream's to say. */
export function decodeImage(input: object, path: string, ignored: IgnoredFields): Checked<readonly ImageBlock[]> {
  const checked = checkShape(imageSchema, input, path);
  if (!checked.ok) return checked;
  const { source } = checked.value;
  reportUnknownFields(input, known, path, ignored);
  switch (source.type) {
    case "file":
      return reject(
        "unsupported_feature",
        `${path}.source`,
        "files of the vendor cannot be carried to this model; send the image as base64",
      );
    case "url":
      return decodeAddress(source.url, `${path}.source.url`);
    case "base64": {
      const { media_type: mediaType, data } = source;
      if (!/^[A-Za-z0-9+/]+={0,2}$/.test(data)) {
        return reject("invalid_image", `${path}.source.data`, "expected base64 without a prefix or white space");
      }
      return { ok: true, value: [{ type: "image", source: { type: "base64", mediaType, data } }] };
    }
  }
}

function decodeAddress(url: string, path: string): Checked<readonly ImageBlock[]> {
  const problem = checkFetchedUrl(url);
  if (problem !== undefined) return reject("invalid_image", path, problem);
  return { ok: true, value: [{ type: "image", source: { type: "url", url } }] };
}
