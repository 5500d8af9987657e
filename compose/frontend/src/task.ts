/** Work that a page does on request: one at a time, with its problem in words. */

import { ref } from "vue";

import { Failure } from "./http";

export function useTask() {
  const busy = ref(false);
  const problem = ref("");

  /** Runs the work unless other work is under way. A Failure becomes the problem; anything else is our bug. */
  async function run(work: () => Promise<void>): Promise<void> {
    if (busy.value) return;
    busy.value = true;
    problem.value = "";
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      problem.value = error.message;
    } finally {
      busy.value = false;
    }
  }

  return { busy, problem, run };
}
