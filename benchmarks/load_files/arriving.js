// k6 at the target of load: one request for each arrival, at a constant rate. RATE, SECONDS and URL come from outside.
import http from "k6/http";

const rate = Number(__ENV.RATE);

export const options = {
  scenarios: {
    arriving: {
      executor: "constant-arrival-rate",
      rate,
      timeUnit: "1s",
      duration: `${__ENV.SECONDS}s`,
      preAllocatedVUs: 3 * rate, // more than are under way at once in a stall of two seconds: none is dropped
    },
  },
  summaryTrendStats: ["p(50)", "p(95)", "p(99)"],
};

export default function () {
  http.get(__ENV.URL);
}

export function handleSummary(data) {
  return { stdout: JSON.stringify(data.metrics) };
}
