import type { CallerFormat } from "../../../core/ports/call-format.ts";
import { createAnthropicMessagesFormat } from "./anthropic-messages-format.ts";
import { checkImages } from "./check-images.ts";

/** Anthropic's Messages API where an agent program answers, which would put a remark in the place of a broken image and answer all the same. */
export function createAgentMessagesFormat(): CallerFormat {
  const format = createAnthropicMessagesFormat();
  return {
    ...format,
    decodeCall(body) {
      const decoded = format.decodeCall(body);
      if (!decoded.ok) return decoded;
      const images = checkImages(body);
      return images.ok ? { ...decoded, ignored: [...decoded.ignored, ...images.value] } : images;
    },
  };
}
