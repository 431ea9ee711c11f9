/** Why there are no walls, and what to do about it: sentences for the operator. */
export interface BubblewrapRemedy {
  readonly reason: string;
  readonly remedy: string;
}

export interface BubblewrapHostFacts {
  /** The server itself runs in a container. */
  readonly container: boolean;
  /** AppArmor lets only programs with a profile make user namespaces, as Ubuntu does from 23.10 on. */
  readonly appArmorRestricts: boolean;
  /** A kernel setting forbids user namespaces to ordinary users. */
  readonly namespacesOff: boolean;
}

export const howToInstall =
  "Install it: `apt install bubblewrap` (Debian, Ubuntu), `dnf install bubblewrap` (Fedora), `pacman -S bubblewrap` (Arch).";

/** Puts bubblewrap's own words and what is known of the host into a reason and a remedy. */
export function explainBubblewrapFailure(stderr: string, facts: BubblewrapHostFacts): BubblewrapRemedy {
  const words = stderr.split("\n")[0] ?? "";
  if (/unknown option/i.test(stderr)) {
    return { reason: `Bubblewrap is too old (${words}).`, remedy: "Install bubblewrap 0.5 or later." };
  }
  if (/mount proc/i.test(stderr) && facts.container) {
    return {
      reason: `The container hides parts of /proc, so that no fresh one can be mounted (${words}).`,
      remedy: "Start the container with `--security-opt systempaths=unconfined`.",
    };
  }
  if (!/namespace|uid map|gid map|RTM_NEWADDR|clone|permission|permitted/i.test(stderr)) {
    return {
      reason: `Bubblewrap does not work here (${words}).`,
      remedy: "Run `bwrap --ro-bind / / true` to see what it says.",
    };
  }
  return { reason: `User namespaces are forbidden here (${words}).`, remedy: toNamespaceRemedy(facts) };
}

function toNamespaceRemedy(facts: BubblewrapHostFacts): string {
  if (facts.container) {
    return (
      "Start the container with `--security-opt seccomp=unconfined --security-opt apparmor=unconfined " +
      "--security-opt systempaths=unconfined`, or with a seccomp profile that allows clone, unshare, mount and pivot_root."
    );
  }
  if (facts.appArmorRestricts) {
    return (
      "Load an AppArmor profile for bwrap: put `abi <abi/4.0>, include <tunables/global> profile bwrap /usr/bin/bwrap " +
      "flags=(unconfined) { userns, }` into /etc/apparmor.d/bwrap and run `apparmor_parser -r /etc/apparmor.d/bwrap`; or, for all " +
      "programs, `sysctl kernel.apparmor_restrict_unprivileged_userns=0`."
    );
  }
  if (facts.namespacesOff) {
    return "Allow them: `sysctl kernel.unprivileged_userns_clone=1` (Debian) or `sysctl user.max_user_namespaces=15000`.";
  }
  return "Allow unprivileged user namespaces on this machine, or run Gantry where they are allowed.";
}
