import type { ImageBlock } from "@gantry/contracts/content";
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
      return reject("unsupported_feature", `${path}.source`, "files of the vendor cannot be carried to this model");
    case "url":
      return /^https:\/\/\S+$/.test(source.url) && source.url.isWellFormed() && URL.canParse(source.url)
        ? { ok: true, value: [{ type: "image", source: { type: "url", url: source.url } }] }
        : reject("invalid_image", `${path}.source.url`, "expected a valid https: URL without white space");
    case "base64": {
      const { media_type: mediaType, data } = source;
      if (!/^[A-Za-z0-9+/]+={0,2}$/.test(data)) {
        return reject("invalid_image", `${path}.source.data`, "expected base64 without a prefix or white space");
      }
      return { ok: true, value: [{ type: "image", source: { type: "base64", mediaType, data } }] };
    }
  }
}
