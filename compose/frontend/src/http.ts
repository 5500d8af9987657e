/** One door to the backend: same origin, bearer token, and every failure in words for the person who reads it. */

import { end, session } from "./session";

/** Something did not work; the message is shown as it is. */
export class Failure extends Error {}

interface Envelope<T> {
  status_code: number;
  status_message: string;
  data: T;
}

/** Sends a request and returns the envelope's data. */
export async function call<T>(method: string, path: string, body?: object): Promise<T> {
  return open<T>(await send(method, path, body));
}

/** Sends a request and returns the answer as soon as its head is there: for streams. */
export async function send(method: string, path: string, body?: object, signal?: AbortSignal): Promise<Response> {
  const response = await fetch(`/api/v1${path}`, {
    method,
    headers: headers(),
    body: body ? JSON.stringify(body) : null,
    signal: signal ?? null,
    credentials: "omit", // the token alone identifies us, so no other site can act with our cookies
  }).catch(() => {
    throw new Failure("AgentChat cannot be reached. Check your connection and try again.");
  });
  if (response.status === 401) end(); // and the router shows the log-in page
  if (!response.ok) throw new Failure(await explain(response));
  return response;
}

/** Opens an envelope. HTTP 200 is only half of the verdict: most refusals are an inner code. */
export async function open<T>(response: Response): Promise<T> {
  const { status_code, status_message, data } = (await response.json()) as Envelope<T>;
  if (status_code !== 200) throw new Failure(status_message);
  return data;
}

function headers(): Record<string, string> {
  const token = session.value?.token;
  return {
    "Content-Type": "application/json",
    ...(token && { Authorization: `Bearer ${token}` }),
  };
}

async function explain(response: Response): Promise<string> {
  if ([502, 503, 504].includes(response.status))
    return "AgentChat is not available at the moment. Please try again shortly.";
  const { detail } = (await response.json().catch(() => ({}))) as { detail?: unknown };
  return typeof detail === "string" ? detail : `The request failed (HTTP ${response.status}).`;
}
