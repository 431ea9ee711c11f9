import type { taskInput } from "@gantry/contracts/tasks";
import type { z } from "zod";

/** A job as the server takes it. Whether to wait for it is said by the call that is made. */
export type TaskRequest = Omit<z.input<typeof taskInput>, "wait">;
