/** How a command for people ended, for the script that called it. */
export const exitCodes = {
  done: { code: 0, meaning: "It was done: a task has completed, a chat was answered." },
  failed: { code: 1, meaning: "It was refused or could not be done; the message says why." },
  mistake: { code: 2, meaning: "The command line is wrong." },
  taskFailed: { code: 3, meaning: "The agent began and failed: a task that failed, a turn that ended with an error." },
  timeout: { code: 4, meaning: "A task took longer than its time." },
  budget: { code: 5, meaning: "A budget is used up: the task's own, or one of the key or the project." },
  cancelled: { code: 6, meaning: "It was cancelled, by you or by somebody else." },
  noServer: { code: 7, meaning: "No server answers." },
  left: { code: 130, meaning: "You left with Ctrl-C; what runs on the server goes on." },
} as const satisfies Record<string, { readonly code: number; readonly meaning: string }>;
