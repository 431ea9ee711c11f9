import type { ResponseService } from "../../../core/responses/create-response-service.ts";
import type { ResponsesFormat } from "../../../core/ports/responses-format.ts";

/** What the routes of the Responses API are given besides what every completion has. */
export interface ResponseRouteParts {
  readonly format: ResponsesFormat;
  readonly service: ResponseService;
}
