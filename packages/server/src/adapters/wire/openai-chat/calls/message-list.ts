import type { MessageBody } from "./request-body.ts";

/** The messages of a chat, in an order that servers take: the results of tools stand right behind their calls. */
export interface MessageList {
  add(message: MessageBody): void;
  close(): readonly MessageBody[];
}

/** What comes between calls and their results waits until all results are there, or until the assistant speaks again. */
export function createMessageList(): MessageList {
  const messages: MessageBody[] = [];
  let waiting: MessageBody[] = [];
  let unanswered = 0;

  const release = () => {
    for (const message of waiting) messages.push(message);
    waiting = [];
  };
  return {
    add(message) {
      if (message.role === "assistant") {
        release();
        messages.push(message);
        unanswered = message.tool_calls?.length ?? 0;
      } else if (message.role === "tool") {
        messages.push(message);
        unanswered -= 1;
        if (unanswered === 0) release();
      } else if (unanswered > 0) {
        waiting.push(message);
      } else {
        messages.push(message);
      }
    },
    close() {
      release();
      return messages;
    },
  };
}
