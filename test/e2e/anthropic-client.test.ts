import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import Anthropic, {
  APIUserAbortError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  OverloadedError,
  PaymentRequiredError,
  PermissionDeniedError,
  RateLimitError,
  type ClientOptions,
} from "@anthropic-ai/sdk";
import type { Message, MessageParam, RawMessageStreamEvent, Tool } from "@anthropic-ai/sdk/resources";
import { type Admin, createAdmin } from "../harness/admin.ts";
import { describeDemoWish, toScript, type ModelWish } from "../harness/model-wish.ts";
import { drawPng, sha256, toDataUrl } from "../harness/images.ts";
import { type MessagesUpstream, startMessagesUpstream } from "../harness/messages-upstream.ts";
import { type OpenAiUpstream, startOpenAiUpstream } from "../harness/openai-upstream.ts";
import { type Gantry, startGantry } from "../harness/start-gantry.ts";
import { readToldUsage, toToldUsage } from "../harness/told-usage.ts";
