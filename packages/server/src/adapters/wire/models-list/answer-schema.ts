import { z } from "zod";

/* What the encoders beside this file write, as schemas, for the OpenAPI document. */

export const openAiModel = z.object({
  id: z.string(),
  object: z.literal("model"),
  created: z.int().meta({ description: "Epoch seconds." }),
  owned_by: z.string(),
});

export const openAiModelList = z.object({ object: z.literal("list"), data: z.array(openAiModel) });

export const anthropicModel = z.object({
  type: z.literal("model"),
  id: z.string(),
  display_name: z.string(),
  created_at: z.string().meta({ format: "date-time" }),
});

export const anthropicModelList = z.object({
  data: z.array(anthropicModel),
  has_more: z.literal(false),
  first_id: z.string().nullable(),
  last_id: z.string().nullable(),
});
