/** Reads server-sent events from a response; EventSource can neither POST nor send a token. */

import { Failure } from "./http";

/** Yields the data of each event as it arrives. Leaving the loop early closes the connection. */
export async function* events(response: Response): AsyncGenerator<string> {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = "";
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(() => {
        throw new Failure("The connection broke before the answer was complete.");
      });
      if (done) return;
      const parts = (buffer + value).split("\n\n");
      buffer = parts.pop()!;
      for (const part of parts) if (part.startsWith("data:")) yield part.slice("data:".length);
    }
  } finally {
    await reader.cancel().catch(() => {}); // a connection that has broken cannot be closed again
  }
}
