// Every example of the folder `examples`, as its head says to run it, against one server with the demo model. The words for that model are in
// what the examples are given, never in the examples.
import { useStage } from "./stage.ts";
import { tryGates } from "./try-gates.ts";
import { tryQuestions } from "./try-questions.ts";
import { tryWebhook } from "./try-webhook.ts";
import { tryWork } from "./try-work.ts";

const stage = useStage();
tryQuestions(stage);
tryGates(stage);
tryWork(stage);
tryWebhook(stage);
