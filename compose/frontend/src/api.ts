/** The calls of AgentChat's HTTP contract that the pages use. */

import { Failure, call, open, send } from "./http";
import { events } from "./stream";

export interface Agent {
  id: string;
  name: string;
  description: string;
}

export interface Dialog {
  dialog_id: string;
  name: string;
  agent_id: string;
}

export interface Message {
  role: "user" | "assistant";
  content: string;
}

type AnswerEvent =
  | { type: "response_chunk"; data: { chunk: string; accumulated: string } }
  | { type: "error"; data: { message: string } };

export async function register(userName: string, password: string): Promise<void> {
  await call("POST", "/user/register", { user_name: userName, user_email: "", user_password: password });
}

export async function logIn(userName: string, password: string): Promise<string> {
  const body = { user_name: userName, user_password: password };
  return (await call<{ access_token: string }>("POST", "/user/login", body)).access_token;
}

export async function logOut(): Promise<void> {
  await call("POST", "/user/logout");
}

export function agents(): Promise<Agent[]> {
  return call("GET", "/agent");
}

export function dialogs(): Promise<Dialog[]> {
  return call("GET", "/dialog/list");
}

export async function createDialog(name: string, agentId: string): Promise<string> {
  const body = { name, agent_id: agentId, agent_type: "Agent" };
  return (await call<{ dialog_id: string }>("POST", "/dialog", body)).dialog_id;
}

export async function deleteDialog(id: string): Promise<void> {
  await call("DELETE", "/dialog", { dialog_id: id });
}

export function history(dialogId: string): Promise<Message[]> {
  return call("GET", `/history?dialog_id=${encodeURIComponent(dialogId)}`);
}

/**
 * Asks a question. Resolves when the backend has accepted it; what it resolves to yields the answer so far, again
 * and again until it is complete.
 */
export async function ask(dialogId: string, question: string, signal: AbortSignal): Promise<AsyncGenerator<string>> {
  const body = { user_input: question, dialog_id: dialogId };
  const response = await send("POST", "/completion", body, signal);
  if (!response.headers.get("Content-Type")?.startsWith("text/event-stream")) await open(response);
  return answer(response);
}

async function* answer(response: Response): AsyncGenerator<string> {
  let soFar = "";
  for await (const data of events(response)) {
    const event = JSON.parse(data) as AnswerEvent;
    if (event.type === "error") throw new Failure(event.data.message);
    yield (soFar = event.data.accumulated);
  }
  // The stream has no end marker, so silence is all that tells a lost answer from a finished one.
  if (!soFar) throw new Failure("No answer came. Please try again.");
}
