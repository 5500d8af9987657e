/** Who is logged in. Kept in sessionStorage: a reload keeps it, closing the tab ends it. */

import { shallowRef } from "vue";

export interface Session {
  readonly token: string;
  readonly userName: string;
}

const KEY = "session";

/** Null when nobody is logged in; the router watches it. */
export const session = shallowRef<Session | null>(JSON.parse(sessionStorage.getItem(KEY) ?? "null") as Session | null);

export function begin(begun: Session): void {
  sessionStorage.setItem(KEY, JSON.stringify(begun));
  session.value = begun;
}

export function end(): void {
  sessionStorage.removeItem(KEY);
  session.value = null;
}
