import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { BundledPackage } from "./bundled-packages.ts";

/** Of what a package passes on of others, without their own words. */
const passedOn: Readonly<Record<string, string>> = {
  "@fastify/swagger-ui":
    "Its static files are those of Swagger UI, Copyright SmartBear Software, under the Apache License, Version 2.0:\nhttps://www.apache.org/licenses/LICENSE-2.0",
};

/** The licences of packages, in their own words. */
export async function thirdPartyNotices(packages: readonly BundledPackage[]): Promise<string> {
  const notices = await Promise.all(packages.map(noticeOf));
  return `Gantry's program is built of its own code and of parts of the packages below.\n\n${notices.join("\n")}`;
}

async function noticeOf({ name, version, license, folder }: BundledPackage): Promise<string> {
  const names = (await readdir(folder)).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file)).toSorted();
  const texts = await Promise.all(names.map((file) => readFile(join(folder, file), "utf8")));
  const rule = "-".repeat(80);
  return [
    rule,
    `${name} ${version} (${license})`,
    rule,
    ...texts.map((text) => text.trim()),
    passedOn[name] ?? "",
    "",
  ].join("\n");
}
