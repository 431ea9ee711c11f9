import type { Section } from "./soak.ts";
import { soakFuzz } from "./soak-fuzz.ts";
import { soakKills } from "./soak-kills.ts";
import { soakLeavers } from "./soak-leavers.ts";
import { soakSessions } from "./soak-sessions.ts";
import { soakTasks } from "./soak-tasks.ts";
import { soakTurns } from "./soak-turns.ts";

export const sectionNames = ["turns", "fuzz", "leavers", "kills", "sessions", "tasks"] as const;
export type SectionName = (typeof sectionNames)[number];

export const sections: Readonly<Record<SectionName, { readonly title: string; readonly run: Section }>> = {
  turns: { title: "Mixed turns", run: soakTurns },
  fuzz: { title: "Broken bodies", run: soakFuzz },
  leavers: { title: "Clients that leave", run: soakLeavers },
  kills: { title: "Killed servers", run: soakKills },
  sessions: { title: "Sessions on killed servers", run: soakSessions },
  tasks: { title: "Tasks on killed servers", run: soakTasks },
};

export const isSectionName = (name: string): name is SectionName => sectionNames.some((known) => known === name);
