import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { must } from "../clean-root/build-stages.ts";
import { root } from "../run-command.ts";

export interface Proxy {
  readonly url: string;
  /** The file with the certificate that its clients are to trust. */
  readonly authority: string;
  /** Takes a server out before it is stopped, or back in, where the proxy is told so. */
  hold(port: number, isDown: boolean): Promise<void>;
  stop(): Promise<void>;
}

export interface ProxyPlace {
  readonly folder: string;
  readonly port: number;
  readonly servers: readonly [number, number];
}

/** Starts nginx with `deploy/nginx.conf`: only its ports, its paths and its name are of the trial's own. */
export async function startNginx({ folder, port, servers }: ProxyPlace): Promise<Proxy> {
  const [certificate, key] = ["certificate.pem", "key.pem"].map((name) => join(folder, name)) as [string, string];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  const files = ["-keyout", key, "-out", certificate];
  await must("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", ...subject, ...files]);
  const main = join(folder, "main.conf");
  const site = join(folder, "site.conf");
  const original = await readFile(join(root, "deploy/nginx.conf"), "utf8");
  const text = original
    .replace("127.0.0.1:8006", `127.0.0.1:${servers[0]}`)
    .replace("127.0.0.1:8007", `127.0.0.1:${servers[1]}`)
    .replace("listen 80;", `listen 127.0.0.1:${port + 1};`)
    .replace("listen 443 ", `listen 127.0.0.1:${port} `)
    .replaceAll("gantry.example.com", "localhost")
    .replace("/etc/ssl/gantry/fullchain.pem", certificate)
    .replace("/etc/ssl/gantry/privkey.pem", key)
    .replace("/var/log/nginx/gantry.log", join(folder, "access.log"));
  await writeFile(site, text);
  const bodies = `client_body_temp_path ${folder}/bodies; proxy_temp_path ${folder}/answers;`;
  const world = `daemon off; pid ${folder}/pid; error_log ${folder}/error.log; events {}`;
  await writeFile(main, `${world} http { ${bodies} include ${site}; }`);
  await must("nginx", ["-t", "-c", main]);
  const child = spawn("nginx", ["-c", main], { stdio: "inherit" });
  process.once("exit", () => child.kill("SIGTERM"));
  return {
    url: `https://localhost:${port}`,
    authority: certificate,
    async hold(server, isDown) {
      const [from, to] = isDown ? [" fail_timeout", " down fail_timeout"] : [" down fail_timeout", " fail_timeout"];
      const now = await readFile(site, "utf8");
      await writeFile(site, now.replace(`127.0.0.1:${server}${from}`, `127.0.0.1:${server}${to}`));
      await must("nginx", ["-c", main, "-s", "reload"]);
    },
    stop: () => end(child),
  };
}

/** Starts Caddy with `deploy/Caddyfile`, with a certificate of its own authority. */
export async function startCaddy({ folder, port, servers }: ProxyPlace): Promise<Proxy> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, "Caddyfile");
  const options = "{\n\tskip_install_trust\n\tauto_https disable_redirects\n\tadmin off\n}\n";
  await writeFile(file, `${options}import ${join(root, "deploy/Caddyfile")}\n`);
  const env = {
    PATH: process.env["PATH"],
    HOME: folder,
    XDG_DATA_HOME: folder,
    SITE_NAME: `localhost:${port}`,
    SERVERS: servers.map((server) => `127.0.0.1:${server}`).join(" "),
  };
  const child = spawn("caddy", ["run", "--config", file, "--adapter", "caddyfile"], { env, stdio: "ignore" });
  process.once("exit", () => child.kill("SIGTERM"));
  return {
    url: `https://localhost:${port}`,
    authority: join(folder, "caddy/pki/authorities/local/root.crt"),
    // It asks the servers itself.
    hold: async () => {},
    stop: () => end(child),
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  child.once("exit", () => resolve());
  child.kill("SIGTERM");
  await promise;
}
