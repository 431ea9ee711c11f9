import { DatabaseSync } from "node:sqlite";
import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from "node:worker_threads";
import { createBatchRunner, createReadRunner } from "./run-batch.ts";
import { toStatementFailure } from "./sqlite-error.ts";
import {
  isHold,
  type StoreAnswer,
  type StoreCall,
  type StoreThreadData,
  type ThreadMessage,
  type ThreadReply,
} from "./store-calls.ts";

/** The thread that owns the database, so that no sync of the disk ever holds up the server. Its peer is `store-thread.ts`. */

/** A batch takes in no more once it is so large: those in it wait for all. */
const fullBatch = 500;
/** What is held and told is written with the next figures that are booked, or after so long. */
const longestUnwrittenMs = 20;
/** From so many open requests on, bookings are gathered: as many as that, or what comes within so long. */
const crowd = 8;
const longestGatheringMs = 1;
const busyTimeoutMs = 5000;

function serve(port: MessagePort, { file, access }: StoreThreadData): void {
  const db = new DatabaseSync(file, { readOnly: access === "read", timeout: busyTimeoutMs });
  if (access === "write") db.exec("pragma synchronous = full; pragma journal_size_limit = 67108864");
  const runBatch = access === "write" ? createBatchRunner(db) : createReadRunner(db);
  const reply = (message: ThreadReply): void => port.postMessage(message);

  let writing: NodeJS.Timeout | undefined;
  /** Requests that have set money aside and have not booked what they came to. */
  let open = 0;
  let waiting: StoreCall[] = [];
  let gathering: NodeJS.Timeout | undefined;

  function write(): void {
    clearTimeout(writing);
    writing = undefined;
    runBatch([]);
  }

  function answerWaiting(): void {
    clearTimeout(gathering);
    gathering = undefined;
    const calls = waiting;
    waiting = [];
    if (calls.length > 0) answer(calls);
  }

  /** Each commit costs the same however much is in it: where many are open, those that are done wait for one another. */
  function take(calls: readonly StoreCall[]): void {
    if (access === "read" || open < crowd) {
      waiting.push(...calls);
      return answerWaiting();
    }
    const holds = calls.filter(isHold);
    if (holds.length > 0) answer(holds);
    waiting.push(...calls.filter((call) => !isHold(call)));
    if (waiting.length >= crowd) answerWaiting();
    else if (waiting.length > 0) gathering ??= setTimeout(answerWaiting, longestGatheringMs);
  }

  function answer(calls: readonly StoreCall[]): void {
    const isOfHold = (_answer: StoreAnswer, index: number): boolean => holds[index] === true;
    const holds = calls.map(isHold);
    let areHoldsTold = !holds.includes(true);
    const tellHolds = (answers: readonly StoreAnswer[]): void => {
      if (!areHoldsTold) reply({ holds: answers.filter(isOfHold) });
      areHoldsTold = true;
    };
    const answers = runBatch(calls, tellHolds);
    tellHolds(answers);
    for (const [index, call] of calls.entries()) open = Math.max(0, open + toChange(call, answers[index]));
    if (!holds.includes(false)) writing ??= setTimeout(write, longestUnwrittenMs);
    else reply(answers.filter((each, index) => !isOfHold(each, index)));
  }

  port.on("message", (first: ThreadMessage) => {
    const calls: StoreCall[] = [];
    let message: ThreadMessage | undefined = first;
    while (message !== undefined && message !== "close") {
      calls.push(...message);
      message = calls.length < fullBatch ? receive(port) : undefined;
    }
    if (calls.length > 0) take(calls);
    if (message !== "close") return;
    answerWaiting();
    write();
    db.close();
    port.close();
  });
  reply({ opened: true });
}

/** How many requests more are open after a call; roughly, since nothing hangs on it but how long bookings are gathered. */
function toChange([name]: StoreCall, answer: StoreAnswer | undefined): number {
  if (answer === undefined || !("value" in answer)) return 0;
  const { value } = answer;
  if (name === "reserve") return isRecord(value) && value["kind"] === "reserved" ? 1 : 0;
  return name === "settle" ? -1 : name === "expire" ? -Number(value) : 0;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** Only {@link ThreadMessage} is ever sent here. */
function receive(port: MessagePort): ThreadMessage | undefined {
  return receiveMessageOnPort(port)?.message as ThreadMessage | undefined;
}

if (parentPort === null) throw new Error("This file is the program of a thread.");
try {
  serve(parentPort, workerData as StoreThreadData);
} catch (error) {
  parentPort.postMessage({ failed: toStatementFailure(error) } satisfies ThreadReply);
  parentPort.close();
}
