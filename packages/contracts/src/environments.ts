import { z } from "zod";
import { metadata, metadataInput, metadataPatch, timestamp } from "./managed-fields.ts";

/** Environments of the managed API: where sessions work. `cloud` is a workspace of this installation behind walls. */

const hosts = z
  .array(
    z
      .string()
      .min(1)
      .max(255)
      .regex(
        /^(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/i,
        "a host name, such as api.example.com or *.example.com",
      ),
  )
  .max(256);
const networkingInput = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("unrestricted") }),
  z.strictObject({
    type: z.literal("limited"),
    allowed_hosts: hosts.nullable().optional(),
    allow_mcp_servers: z.boolean().nullable().optional(),
    allow_package_managers: z.boolean().nullable().optional(),
  }),
]);

export const packageManagers = ["apt", "cargo", "gem", "go", "npm", "pip"] as const;
/** A package and, behind it, its version; nothing that a shell or an option could be made of. */
const packageName = z
  .string()
  .min(1)
  .max(214)
  .regex(
    /^[A-Za-z0-9@][\w@./+~:=<>,!^*[\]-]*$/,
    "the name of a package, with its version behind it where one is wanted",
  );
const packageList = z.array(packageName).max(128);
const packagesInput = z.strictObject({
  type: z.literal("packages").optional(),
  ...eachManager(packageList.nullable().optional()),
});

const configInput = z
  .discriminatedUnion("type", [
    z.strictObject({
      type: z.literal("cloud"),
      networking: networkingInput.nullable().optional(),
      packages: packagesInput.nullable().optional(),
    }),
    z.strictObject({ type: z.literal("self_hosted") }),
  ])
  .refine((config) => config.type !== "cloud" || !lacksManagers(config), {
    message: "`allow_package_managers` in a limited network, or no packages",
    path: ["packages"],
  });
export type EnvironmentConfigInput = z.infer<typeof configInput>;

function eachManager<Schema extends z.ZodType>(schema: Schema) {
  return { apt: schema, cargo: schema, gem: schema, go: schema, npm: schema, pip: schema };
}

interface GivenConfig {
  readonly networking?: z.infer<typeof networkingInput> | null | undefined;
  readonly packages?: z.infer<typeof packagesInput> | null | undefined;
}

function lacksManagers({ networking, packages }: GivenConfig): boolean {
  const wanted = packageManagers.some((manager) => (packages?.[manager]?.length ?? 0) > 0);
  return wanted && networking?.type === "limited" && networking.allow_package_managers !== true;
}

const name = z.string().min(1).max(256);
const scope = z.enum(["organization", "account"]);

export const environmentInput = z.strictObject({
  name,
  description: z.string().max(2048).nullable().optional(),
  config: configInput.nullable().optional(),
  scope: scope.nullable().optional(),
  metadata: metadataInput.optional(),
});
export type EnvironmentInput = z.infer<typeof environmentInput>;

/** What is missing or null stays as it is, but for the description, which null clears. An empty text takes a pair of metadata away, as null does. */
export const environmentUpdate = z.strictObject({
  ...environmentInput.omit({ metadata: true }).shape,
  name: name.nullable().optional(),
  metadata: metadataPatch.optional(),
});
export type EnvironmentUpdate = z.infer<typeof environmentUpdate>;

const networking = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("unrestricted") }),
  z.strictObject({
    type: z.literal("limited"),
    allowed_hosts: z.array(z.string()),
    allow_mcp_servers: z.boolean(),
    allow_package_managers: z.boolean(),
  }),
]);
const packages = z.strictObject({ type: z.literal("packages"), ...eachManager(z.array(z.string())) });
const environmentConfig = z.strictObject({ type: z.literal("cloud"), networking, packages });
/** Nothing is left to a default. */
export type EnvironmentConfig = z.infer<typeof environmentConfig>;

export const environment = z.strictObject({
  id: z.string(),
  type: z.literal("environment"),
  name: z.string(),
  description: z.string().nullable(),
  config: environmentConfig,
  scope,
  metadata,
  created_at: timestamp,
  updated_at: timestamp,
  archived_at: timestamp.nullable(),
});
export type Environment = z.infer<typeof environment>;
